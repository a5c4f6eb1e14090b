/** Query parameters, read as Docker reads them. */
import { invalidParameter } from '@berth/engine-api';
import type { FastifyRequest } from 'fastify';

const falseWords = new Set(['', '0', 'no', 'false', 'none']);

/** Access to the parameters of one request. */
export class Query {
  readonly #values: Record<string, string | string[] | undefined>;

  constructor(request: FastifyRequest) {
    this.#values = request.query as Record<string, string | string[] | undefined>;
  }

  /** The first value; undefined when absent or empty. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    const first = Array.isArray(value) ? value[0] : value;
    return first === '' ? undefined : first;
  }

  /** Every value of a repeated parameter. */
  texts(name: string): string[] {
    const value = this.#values[name];
    if (value === undefined) return [];
    return Array.isArray(value) ? value : [value];
  }

  /** Anything but Docker's words for no counts as yes. */
  flag(name: string, whenAbsent = false): boolean {
    const value = this.#values[name];
    if (value === undefined) return whenAbsent;
    return !falseWords.has((Array.isArray(value) ? (value[0] ?? '') : value).trim().toLowerCase());
  }

  /** @throws invalidParameter when it is not a whole number */
  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^[+-]?\d{1,15}$/.test(value)) {
      throw invalidParameter(`invalid query parameter ${name}: "${value}" is not a whole number`);
    }
    return Number(value);
  }

  /**
   * Unix seconds, possibly with nanoseconds ("1700000000.000000001"), or RFC 3339; 0 is no time.
   * @throws invalidParameter when it is neither
   */
  time(name: string): Date | undefined {
    const value = this.text(name);
    if (value === undefined || value === '0') return undefined;
    const milliseconds = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value);
    const time = new Date(milliseconds);
    if (Number.isNaN(time.getTime())) {
      throw invalidParameter(`invalid value for "${name}": "${value}" is neither Unix seconds nor RFC 3339`);
    }
    return time;
  }
}
