/**
 * Building blocks of the schemas. Go decodes `null` as if the field were absent and ignores unknown fields,
 * and clients rely on both, so every block here does the same; a wrong type is still an error.
 */
import { z } from 'zod';

const nullToAbsent = (value: unknown): unknown => value ?? undefined;

/** Absent (or null) stays absent. For requests, and for answers where absence means something. */
export const optional = <S extends z.ZodType>(schema: S) => z.preprocess(nullToAbsent, schema.optional());

/** Any whole number; Docker's int64 values may lie beyond the safe integers, so precision is not demanded. */
export const integer = z.number().refine(Number.isInteger, { error: 'expected a whole number' });

/** Fields with Go's zero value when absent (or null). */
export const text = z.preprocess(nullToAbsent, z.string().default(''));
export const count = z.preprocess(nullToAbsent, integer.default(0));
export const flag = z.preprocess(nullToAbsent, z.boolean().default(false));

export const list = <S extends z.ZodType>(item: S) =>
  z.preprocess(
    nullToAbsent,
    z
      .array(item)
      .optional()
      .transform((items) => items ?? []),
  );

export const map = <S extends z.ZodType>(value: S) =>
  z.preprocess(
    nullToAbsent,
    z
      .record(z.string(), value)
      .optional()
      .transform((entries) => entries ?? {}),
  );

/** An object that is made of defaults when absent (or null). */
export const struct = <S extends z.ZodType>(schema: S) => z.preprocess((value) => value ?? {}, schema);

/** `map[string]struct{}` of Go: only the keys carry meaning. */
export const keySet = z.record(
  z.string(),
  z.preprocess(() => ({}), z.object({})),
);

/** A list of words that may be written as one string (Cmd, Entrypoint). */
export const words = z.preprocess(
  (value) => (typeof value === 'string' ? [value] : (value ?? undefined)),
  z.array(text).optional(),
);
