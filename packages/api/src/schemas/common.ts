/** Shapes shared by every router. Times are milliseconds since the epoch, sizes are bytes. */
import { z } from 'zod';

/** Id of the engine a call is about; `local` is the one beside the console. */
export const EnvironmentId = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/, 'This is not an environment id.')
  .default('local');

/** A container, image, network or exec reference: id, id prefix, name or image reference; never a path. */
export const Reference = z
  .string()
  .min(1, 'Name an object.')
  .max(512)
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9_.:/@-]*$/,
    'A name starts with a letter or digit; letters, digits and _ . : / @ - may follow.',
  )
  .refine(
    (value) => !value.split('/').some((part) => part === '..' || part === '.'),
    'A name has no “.” or “..” part.',
  );

export const InEnvironment = z.object({ environment: EnvironmentId });
export const OneObject = InEnvironment.extend({ id: Reference });
export const ManyObjects = InEnvironment.extend({ ids: z.array(Reference).min(1).max(5000) });

/** What happened to one object of a bulk action. */
export const ItemResult = z.object({
  id: z.string(),
  name: z.string(),
  ok: z.boolean(),
  /** The engine's own words when it refused, or a remark (“was already stopped”). */
  message: z.string().nullable(),
});
export const BulkResult = z.object({ results: z.array(ItemResult) });
export type ItemResult = z.infer<typeof ItemResult>;
export type BulkResult = z.infer<typeof BulkResult>;

/** One wrong field of a form: `path` is dotted (`ports.0.hostPort`), `message` a sentence. */
export interface FieldError {
  path: string;
  message: string;
}

export const UsedBy = z.object({ id: z.string(), name: z.string(), running: z.boolean() });

/** Which way a state is coloured: the words stay beside it. */
export const Tone = z.enum(['ok', 'transition', 'created', 'stopped', 'failed']);
export type Tone = z.infer<typeof Tone>;
