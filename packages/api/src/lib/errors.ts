/** The console's own expected failures, worded for the user. */
import type { FieldError } from '../schemas/common.ts';

export type ConsoleErrorKind =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'throttled'
  | 'unavailable'
  | 'unsupported';

export class ConsoleError extends Error {
  readonly kind: ConsoleErrorKind;
  /** Stable reason for code that acts on one particular error. */
  readonly reason: string;
  readonly fields: FieldError[] | null;

  constructor(
    kind: ConsoleErrorKind,
    message: string,
    options: { reason?: string; fields?: FieldError[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ConsoleError';
    this.kind = kind;
    this.reason = options.reason ?? kind;
    this.fields = options.fields ?? null;
  }
}

/** HTTP status of each kind, for the routes beside tRPC. */
export const statusOf = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  throttled: 429,
  unavailable: 503,
  unsupported: 501,
} as const satisfies Record<ConsoleErrorKind, number>;
