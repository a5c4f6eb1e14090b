/** Images, volumes and networks as the console shows them. */
import { z } from 'zod';
import { EnvironmentId, InEnvironment, ManyObjects, OneObject, Reference, UsedBy } from './common.ts';

export const ImageRow = z.object({
  id: z.string(),
  tags: z.array(z.string()),
  digests: z.array(z.string()),
  createdAtMs: z.number(),
  sizeBytes: z.number(),
  /** Has no tag. */
  dangling: z.boolean(),
  usedBy: z.array(UsedBy),
  labels: z.record(z.string(), z.string()),
});
export type ImageRow = z.infer<typeof ImageRow>;

export const ImageDetail = ImageRow.extend({
  architecture: z.string(),
  os: z.string(),
  author: z.string(),
  entrypoint: z.array(z.string()),
  command: z.array(z.string()),
  workingDir: z.string(),
  user: z.string(),
  env: z.array(z.object({ name: z.string(), value: z.string() })),
  exposedPorts: z.array(z.string()),
  volumes: z.array(z.string()),
  layers: z.array(z.string()),
  raw: z.unknown(),
});
export type ImageDetail = z.infer<typeof ImageDetail>;

export const ImageHistoryItem = z.object({
  id: z.string(),
  createdAtMs: z.number(),
  createdBy: z.string(),
  comment: z.string(),
  sizeBytes: z.number(),
  tags: z.array(z.string()),
});

export const RemoveImagesInput = ManyObjects.extend({ force: z.boolean().default(false) });
export const TagImageInput = OneObject.extend({
  reference: Reference.refine((value) => !value.includes('@'), 'A new tag has no digest.'),
});
export const PullInput = InEnvironment.extend({ reference: z.string().trim().pipe(Reference) });

/** What a prune would remove: shown first, then handed back by id. */
export const PrunePlan = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      sizeBytes: z.number().nullable(),
      createdAtMs: z.number().nullable(),
      /** “no tag and no container uses it” */
      reason: z.string(),
    }),
  ),
  reclaimableBytes: z.number(),
});
export type PrunePlan = z.infer<typeof PrunePlan>;
export const PruneResult = z.object({
  results: z.array(
    z.object({ id: z.string(), name: z.string(), ok: z.boolean(), message: z.string().nullable() }),
  ),
  reclaimedBytes: z.number(),
});
/** `all`: tagged ones too (images), named ones too (volumes). */
export const PrunePlanInput = InEnvironment.extend({ all: z.boolean().default(false) });

export const VolumeName = z
  .string()
  .max(255)
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, 'Letters, digits, _ . - and a letter or digit first.');
export const VolumeRow = z.object({
  name: z.string(),
  driver: z.string(),
  mountpoint: z.string(),
  scope: z.string(),
  createdAtMs: z.number().nullable(),
  /** `null`: the engine did not tell. */
  sizeBytes: z.number().nullable(),
  anonymous: z.boolean(),
  labels: z.record(z.string(), z.string()),
  options: z.record(z.string(), z.string()),
  usedBy: z.array(UsedBy),
});
export type VolumeRow = z.infer<typeof VolumeRow>;
export const CreateVolumeInput = z.object({
  environment: EnvironmentId,
  name: z.union([z.literal(''), VolumeName]).default(''),
  driver: z.string().max(128).default('local'),
  options: z.record(z.string(), z.string()).default({}),
  labels: z.record(z.string(), z.string()).default({}),
});

export const NetworkRow = z.object({
  id: z.string(),
  name: z.string(),
  driver: z.string(),
  scope: z.string(),
  internal: z.boolean(),
  /** Made by the engine itself; cannot be removed. */
  builtIn: z.boolean(),
  createdAtMs: z.number().nullable(),
  subnets: z.array(z.object({ subnet: z.string(), gateway: z.string().nullable() })),
  labels: z.record(z.string(), z.string()),
  usedBy: z.array(UsedBy),
});
export type NetworkRow = z.infer<typeof NetworkRow>;
export const NetworkDetail = NetworkRow.extend({
  options: z.record(z.string(), z.string()),
  endpoints: z.array(
    z.object({ id: z.string(), name: z.string(), ip: z.string().nullable(), mac: z.string().nullable() }),
  ),
  raw: z.unknown(),
});
export type NetworkDetail = z.infer<typeof NetworkDetail>;
