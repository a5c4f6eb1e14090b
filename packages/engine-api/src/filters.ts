/** The `filters` query parameter of list, prune and event calls. */
import { invalidParameter } from './errors.ts';

/** Wanted values by filter name; several values of one name are alternatives, except for labels. */
export type Filters = Record<string, string[]>;

/**
 * Reads both JSON forms clients send: `{"name":["a"]}` and, from before API 1.22, `{"name":{"a":true}}`.
 * @throws invalidParameter when it is neither
 */
export function parseFilters(raw: string | undefined): Filters {
  if (raw === undefined || raw === '') return {};
  const parsed = parseJson(raw);
  if (!isRecord(parsed)) throw malformed('expected an object of lists');
  const filters: Filters = Object.create(null);
  for (const [name, values] of Object.entries(parsed)) filters[name] = valuesOf(name, values);
  return filters;
}

/**
 * Refuses filters a call does not know, as Docker does.
 * @throws invalidParameter naming the first unknown one
 */
export function checkFilterNames(filters: Filters, accepted: readonly string[]): void {
  const unknown = Object.keys(filters).find((name) => !accepted.includes(name));
  if (unknown !== undefined) throw invalidParameter(`invalid filter '${unknown}'`);
}

/**
 * A yes/no filter such as `dangling`.
 * @throws invalidParameter when the values are not booleans or contradict each other
 */
export function booleanFilter(filters: Filters, name: string): boolean | undefined {
  const values = filters[name];
  if (values === undefined || values.length === 0) return undefined;
  const meanings = new Set(values.map((value) => booleanOf(name, value)));
  const [meaning] = meanings;
  if (meanings.size > 1) throw invalidParameter(`invalid filter '${name}=[${values.join(' ')}]'`);
  return meaning;
}

function booleanOf(name: string, value: string): boolean {
  if (['1', 'true', 't', 'True', 'TRUE', 'T'].includes(value)) return true;
  if (['0', 'false', 'f', 'False', 'FALSE', 'F'].includes(value)) return false;
  throw invalidParameter(`invalid filter '${name}=[${value}]'`);
}

function valuesOf(name: string, values: unknown): string[] {
  if (values === null) return [];
  if (Array.isArray(values)) {
    return values.map((value: unknown) => {
      if (typeof value !== 'string') throw malformed(`the values of "${name}" must be strings`);
      return value;
    });
  }
  if (!isRecord(values)) throw malformed(`"${name}" must be a list`);
  return Object.keys(values).filter((value) => values[value] === true);
}

function parseJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'not JSON');
  }
}

const malformed = (why: string) => invalidParameter(`invalid filter: ${why}`);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
