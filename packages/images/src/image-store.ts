/**
 * `<data-root>/images.json`: which images there are and what they are called. One small file, replaced
 * atomically, so the set of images and names is always that of a moment. Everything else about an image is in
 * its manifest and config, which are blobs.
 */
import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { internal, invalidParameter } from '@berth/engine-api';
import * as z from 'zod';
import type { ContentStore } from './content-store.ts';
import { chainIds, type Digest, isDigest } from './digest.ts';
import type { Logger } from './logger.ts';
import { type Manifest, parseConfig, parseManifest } from './oci.ts';
import type { ImageConfig } from './types.ts';

const digestSchema = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value));
const fileSchema = z.object({
  version: z.literal(1),
  images: z.array(
    z.object({
      id: digestSchema,
      manifest: digestSchema,
      parent: digestSchema.optional(),
      lastTaggedAt: z.iso.datetime().optional(),
    }),
  ),
  /** "docker.io/library/busybox:latest" or "…@sha256:…" → image id. */
  references: z.record(z.string(), digestSchema),
});

export interface ImageRecord {
  /** Digest of the config. */
  id: Digest;
  manifestDigest: Digest;
  manifest: Manifest;
  config: ImageConfig;
  diffIds: Digest[];
  chainIds: Digest[];
  parent?: Digest | undefined;
  lastTaggedAt?: Date | undefined;
}

export interface ImageState {
  images: Map<Digest, ImageRecord>;
  /** Canonical reference → image id. */
  references: Map<string, Digest>;
}

/** @throws invalidParameter when manifest and config do not fit together. */
export const imageRecord = (
  manifestDigest: Digest,
  manifest: Uint8Array,
  config: Uint8Array,
): ImageRecord => {
  const parsedManifest = parseManifest(manifest);
  const parsedConfig = parseConfig(config);
  const diffIds = parsedConfig.rootfs.diff_ids;
  if (diffIds.length !== parsedManifest.layers.length) {
    throw invalidParameter(
      `image has ${parsedManifest.layers.length} layers, its config names ${diffIds.length}`,
    );
  }
  return {
    id: parsedManifest.config.digest,
    manifestDigest,
    manifest: parsedManifest,
    config: parsedConfig,
    diffIds,
    chainIds: chainIds(diffIds),
  };
};

export class ImageStore {
  readonly #path: string;
  #state: ImageState;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(dataRoot: string, content: ContentStore, logger: Logger) {
    this.#path = join(dataRoot, 'images.json');
    this.#state = load(this.#path, content, logger);
  }

  /** What is true now. Never changed in place. */
  get state(): Readonly<ImageState> {
    return this.#state;
  }

  /**
   * Applies a change to a copy, writes it, and only then makes it visible. Changes happen one after another.
   * `change` is synchronous: it decides on the newest state and nothing comes between.
   */
  update<T>(change: (draft: ImageState) => T): Promise<T> {
    const run = async (): Promise<T> => {
      const draft = { images: new Map(this.#state.images), references: new Map(this.#state.references) };
      const result = change(draft);
      await write(this.#path, draft);
      this.#state = draft;
      return result;
    };
    const done = this.#writing.then(run);
    this.#writing = done.catch(() => undefined);
    return done;
  }

  /** Every blob and chain that an image needs. */
  referenced(): Set<Digest> {
    const found = new Set<Digest>();
    for (const image of this.#state.images.values()) {
      found.add(image.id).add(image.manifestDigest);
      for (const layer of image.manifest.layers) found.add(layer.digest);
      for (const chainId of image.chainIds) found.add(chainId);
    }
    return found;
  }
}

const write = async (path: string, state: ImageState): Promise<void> => {
  const images = [...state.images.values()].map(({ id, manifestDigest, parent, lastTaggedAt }) => ({
    id,
    manifest: manifestDigest,
    parent,
    lastTaggedAt: lastTaggedAt?.toISOString(),
  }));
  const references = Object.fromEntries(state.references);
  const temporary = `${path}.new`;
  await using file = await open(temporary, 'w', 0o600);
  await file.writeFile(`${JSON.stringify({ version: 1, images, references }, undefined, 2)}\n`);
  await file.sync();
  await rename(temporary, path);
};

const load = (path: string, content: ContentStore, logger: Logger): ImageState => {
  const state: ImageState = { images: new Map(), references: new Map() };
  const text = readIfPresent(path);
  if (text === undefined) return state;
  const parsed = fileSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw internal(`${path} is damaged: ${parsed.error.message}`);
  for (const { id, manifest, parent, lastTaggedAt } of parsed.data.images) {
    try {
      const blob = readFileSync(content.path(manifest));
      const record = imageRecord(manifest, blob, readFileSync(content.path(id)));
      const tagged = lastTaggedAt === undefined ? undefined : new Date(lastTaggedAt);
      state.images.set(id, { ...record, parent, lastTaggedAt: tagged });
    } catch (error) {
      logger.error({ error, image: id }, 'image cannot be read and is left out');
    }
  }
  for (const [reference, id] of Object.entries(parsed.data.references)) {
    if (state.images.has(id)) state.references.set(reference, id);
  }
  return state;
};

const readIfPresent = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
