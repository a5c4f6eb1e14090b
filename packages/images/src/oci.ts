/** Image documents as registries and archives hand them over: untrusted until parsed here. */
import { EngineError, invalidParameter } from '@berth/engine-api';
import * as z from 'zod';
import { type Digest, isDigest } from './digest.ts';
import type { ImageConfig } from './types.ts';

export const mediaTypes = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
} as const;

/** Far above any real document of the kind, far below what would hurt. */
export const maxManifestBytes = 4 * 1024 * 1024;
export const maxConfigBytes = 8 * 1024 * 1024;
const maxLayers = 500;

const digest = z.custom<Digest>(
  (value) => typeof value === 'string' && isDigest(value),
  'not a sha256 digest',
);
const strings = z.array(z.string());
const stringMap = z.record(z.string(), z.string());
const objectMap = z.record(z.string(), z.looseObject({}));
/** Go writes absent lists and maps as null. */
const orNothing = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined) as z.ZodType<z.output<T> | undefined>;

const platformSchema = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  variant: z.string().optional(),
});

const descriptorSchema = z.looseObject({
  mediaType: z.string().default(''),
  digest,
  size: z.number().int().nonnegative(),
  annotations: orNothing(stringMap),
  platform: orNothing(platformSchema),
});

const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema).max(maxLayers),
});

const indexSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: z.array(descriptorSchema).max(10_000),
});

const configSchema = z.looseObject({
  created: orNothing(z.string()),
  author: orNothing(z.string()),
  architecture: z.string().default('amd64'),
  os: z.string().default('linux'),
  variant: orNothing(z.string()),
  config: orNothing(
    z.looseObject({
      User: orNothing(z.string()),
      ExposedPorts: orNothing(objectMap),
      Env: orNothing(strings),
      Entrypoint: orNothing(strings),
      Cmd: orNothing(strings),
      Volumes: orNothing(objectMap),
      WorkingDir: orNothing(z.string()),
      Labels: orNothing(stringMap),
      StopSignal: orNothing(z.string()),
      Healthcheck: orNothing(z.looseObject({})),
      Shell: orNothing(strings),
    }),
  ),
  rootfs: z.looseObject({ type: z.literal('layers'), diff_ids: orNothing(z.array(digest).max(maxLayers)) }),
  history: orNothing(
    z.array(
      z.looseObject({
        created: orNothing(z.string()),
        created_by: orNothing(z.string()),
        author: orNothing(z.string()),
        comment: orNothing(z.string()),
        empty_layer: orNothing(z.boolean()),
      }),
    ),
  ),
});

const archiveManifestSchema = z
  .array(z.looseObject({ Config: z.string(), RepoTags: orNothing(strings), Layers: orNothing(strings) }))
  .max(10_000);

export type Descriptor = z.infer<typeof descriptorSchema>;
export type Manifest = z.infer<typeof manifestSchema>;
export type Index = z.infer<typeof indexSchema>;

const parse = <T>(schema: z.ZodType<T>, data: Uint8Array, what: string): T => {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data).toString('utf8'));
  } catch (cause) {
    throw invalidParameter(`${what} is not valid JSON`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalidParameter(`${what}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
};

/** Drops the keys whose value is undefined, at any depth of plain objects, so that optional means absent. */
const compact = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(compact);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, compact(item)]));
};

export const parseManifest = (data: Uint8Array): Manifest => parse(manifestSchema, data, 'image manifest');
export const parseIndex = (data: Uint8Array): Index => parse(indexSchema, data, 'image index');
export const parseArchiveManifest = (
  data: Uint8Array,
): { Config: string; RepoTags?: string[] | undefined; Layers?: string[] | undefined }[] =>
  parse(archiveManifestSchema, data, 'manifest.json');

/** @throws invalidParameter when it is no image config, notably the config of some other OCI artifact. */
export const parseConfig = (data: Uint8Array): ImageConfig & { rootfs: { diff_ids: Digest[] } } => {
  const config = parse(configSchema, data, 'image config');
  if (config.os !== 'linux')
    throw invalidParameter(`image operating system "${config.os}" cannot be used on this platform`);
  const diffIds = config.rootfs.diff_ids ?? [];
  return compact({ ...config, rootfs: { type: 'layers', diff_ids: diffIds } }) as ReturnType<
    typeof parseConfig
  >;
};

/** What a document with several possible shapes is. Registries may leave the media type out of the document. */
export const documentKind = (data: Uint8Array, mediaType: string): 'index' | 'manifest' => {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data).toString('utf8'));
  } catch (cause) {
    throw invalidParameter('image manifest is not valid JSON', { cause });
  }
  if (typeof value !== 'object' || value === null) throw invalidParameter('image manifest is not an object');
  if ('schemaVersion' in value && value.schemaVersion === 1) {
    throw new EngineError('invalid-parameter', 'image manifest schema version 1 is no longer supported');
  }
  const declared = 'mediaType' in value && typeof value.mediaType === 'string' ? value.mediaType : mediaType;
  if (declared === mediaTypes.ociIndex || declared === mediaTypes.dockerIndex) return 'index';
  if (declared === mediaTypes.ociManifest || declared === mediaTypes.dockerManifest) return 'manifest';
  return 'manifests' in value ? 'index' : 'manifest';
};

/** Attestations and other artifacts travel as manifests too. */
export const isImageManifest = ({ config, layers }: Manifest): boolean =>
  (config.mediaType === mediaTypes.ociConfig || config.mediaType === mediaTypes.dockerConfig) &&
  layers.every(({ mediaType }) => mediaType.includes('.tar') && !mediaType.includes('encrypted'));
