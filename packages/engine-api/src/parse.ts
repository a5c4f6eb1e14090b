/** Turns what came from outside into typed values: strictly for requests, leniently for other engines' answers. */
import type { z } from 'zod';
import { invalidParameter } from './errors.ts';

type Issue = z.core.$ZodIssue;

/** A repair removes at least one field, so this only bounds the work on hostile input. */
const maxRepairs = 8;

/**
 * Validates a request.
 * @param what names it in the message, such as "request body" or "query"
 * @throws invalidParameter with a sentence that names the first wrong field
 */
export function parseRequest<S extends z.ZodType>(
  schema: S,
  value: unknown,
  what = 'request body',
): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidParameter(`invalid ${what}: ${describeIssue(result.error.issues[0], value)}`);
}

/**
 * Parses an answer of any engine: a field of an unexpected type counts as absent, so one odd field of a foreign
 * engine does not hide the rest.
 * @returns undefined when what is indispensable is missing
 */
export function parseLenient<S extends z.ZodType>(schema: S, value: unknown): z.output<S> | undefined {
  let candidate = value;
  for (let repair = 0; repair < maxRepairs; repair++) {
    const result = schema.safeParse(candidate);
    if (result.success) return result.data;
    if (repair === 0) candidate = structuredClone(value);
    for (const issue of result.error.issues) removeAt(candidate, issue.path);
  }
  return undefined;
}

function removeAt(root: unknown, path: readonly PropertyKey[]): void {
  let holder = root;
  for (const key of path.slice(0, -1)) {
    if (typeof holder !== 'object' || holder === null) return;
    holder = Reflect.get(holder, key);
  }
  const last = path.at(-1);
  if (typeof holder === 'object' && holder !== null && last !== undefined)
    Reflect.set(holder, last, undefined);
}

function describeIssue(issue: Issue | undefined, root: unknown): string {
  if (issue === undefined) return 'it does not have the expected form';
  const field = issue.path.map(String).join('.');
  const found = issue.path.reduce<unknown>(
    (holder, key) => (typeof holder === 'object' && holder !== null ? Reflect.get(holder, key) : undefined),
    root,
  );
  const complaint =
    issue.code === 'invalid_type'
      ? `expected ${nameOfType(issue.expected)}, got ${describeValue(found)}`
      : issue.message;
  return field === '' ? complaint : `${field}: ${complaint}`;
}

const typeNames: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const nameOfType = (expected: string): string => typeNames[expected] ?? expected;

function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
