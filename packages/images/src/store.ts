/** The stores an image is kept in, joined, and the steps every way of getting an image shares. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { internal } from '@berth/engine-api';
import type { Archiver } from './archiver.ts';
import { compressionOf, decompressAs } from './compression.ts';
import { ContainerLayers } from './container-layers.ts';
import { ContentStore } from './content-store.ts';
import type { Digest } from './digest.ts';
import { type ImageRecord, ImageStore } from './image-store.ts';
import { type Layer, LayerStore, type UnpackedLayer } from './layer-store.ts';
import { Leases } from './leases.ts';
import type { Logger } from './logger.ts';

export interface Store {
  dataRoot: string;
  archiver: Archiver;
  content: ContentStore;
  layers: LayerStore;
  containers: ContainerLayers;
  images: ImageStore;
  leases: Leases;
  logger: Logger;
}

export const openStore = (dataRoot: string, archiver: Archiver, logger: Logger): Store => {
  const content = new ContentStore(dataRoot);
  const layers = new LayerStore(dataRoot, archiver, logger);
  const containers = new ContainerLayers(layers, archiver);
  const images = new ImageStore(dataRoot, content, logger);
  return { dataRoot, archiver, content, layers, containers, images, leases: new Leases(), logger };
};

/** Bytes of a blob an image refers to. @throws internal when it is missing */
export const sizedBlob = (store: Store, digest: Digest): number => {
  const size = store.content.size(digest);
  if (size === undefined) throw internal(`content ${digest} is missing from the store`);
  return size;
};

export interface UnpackOptions {
  /** The layer's blob: plain or compressed tar. */
  blob: Digest;
  parent: Digest | undefined;
  /** `undefined` accepts whatever the blob holds. */
  diffId: Digest | undefined;
  signal: AbortSignal;
  onBytes?: (bytes: number) => void;
}

/** Makes the layer of a blob, unless it is there. */
export const unpackLayer = (store: Store, options: UnpackOptions): Promise<Layer> => {
  const { blob, parent, diffId, signal, onBytes } = options;
  return store.layers.register({
    parent,
    diffId,
    signal,
    ...(onBytes === undefined ? {} : { onBytes }),
    unpack: async (target) => {
      await using file = await open(store.content.path(blob));
      const start = Buffer.alloc(6);
      await file.read(start, 0, start.length, 0);
      const compression = compressionOf(start);
      if (compression === 'none') {
        // The store has verified these very bytes, so the archiver may read the file by itself.
        const { size } = await store.archiver.unpack({ ...target, input: { fd: file.fd } });
        return { diffId: blob, size };
      }
      const source = counted(file, target.onBytes);
      return await unpackHashed(store, decompressAs(compression, source, store.archiver), target);
    },
  });
};

const counted = (file: FileHandle, onBytes: (bytes: number) => void): Readable => {
  let total = 0;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    const stream = file.createReadStream({ start: 0, highWaterMark: 256 * 1024, autoClose: false });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      total += chunk.length;
      onBytes(total);
      yield chunk;
    }
  };
  return Readable.from(chunks(), { objectMode: false });
};

const unpackHashed = async (
  store: Store,
  plain: Readable,
  target: { directory: string; lower: readonly string[]; signal: AbortSignal },
): Promise<UnpackedLayer> => {
  const hash = createHash('sha256');
  const tap = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const input = Readable.from(tap(), { objectMode: false });
  const { size } = await store.archiver.unpack({ ...target, input });
  return { diffId: `sha256:${hash.digest('hex')}`, size };
};

/**
 * Records an image whose blobs and layers are all in place, under `references` (canonical). Syncs the file
 * system first: a name must never outlive a power cut that its content did not.
 * @param preferManifest take this manifest although the image is known by another (a registry's wins)
 */
export const commitImage = async (
  store: Store,
  image: ImageRecord,
  { references, preferManifest = false }: { references: readonly string[]; preferManifest?: boolean },
): Promise<ImageRecord> => {
  await store.archiver.sync(store.dataRoot);
  return store.images.update((draft) => {
    const existing = draft.images.get(image.id);
    const record: ImageRecord = {
      ...(preferManifest || existing === undefined ? image : existing),
      parent: existing?.parent ?? image.parent,
      lastTaggedAt: references.length > 0 ? new Date() : existing?.lastTaggedAt,
    };
    draft.images.set(image.id, record);
    for (const reference of references) draft.references.set(reference, image.id);
    return record;
  });
};

/**
 * Deletes layers and blobs that neither an image, a container nor a running operation needs.
 * @param candidates blobs to look at; all of them when absent
 */
export const collectGarbage = async (store: Store, candidates?: Iterable<Digest>): Promise<Layer[]> => {
  const needed = store.images.referenced();
  for (const parent of store.containers.parents()) {
    for (const layer of store.layers.chain(parent)) needed.add(layer.chainId);
  }
  const isFree = (digest: Digest): boolean => !needed.has(digest) && !store.leases.isHeld(digest);
  for (const digest of candidates ?? store.content.list()) if (isFree(digest)) store.content.remove(digest);
  const free = store.layers.all().filter((layer) => isFree(layer.chainId));
  const depth = new Map(free.map((layer) => [layer, store.layers.chain(layer.chainId).length]));
  free.sort((left, right) => (depth.get(right) ?? 0) - (depth.get(left) ?? 0));
  const removals = free.map((layer) => store.layers.remove(layer));
  for (const removal of removals) await removal.finish();
  return free;
};
