/** `docker import`: a root file system tar becomes an image of one layer. */
import type { Readable } from 'node:stream';
import { applyChanges } from './changes.ts';
import { decompressAs, detect } from './compression.ts';
import type { Ingested } from './content-store.ts';
import { type Digest, digestOf } from './digest.ts';
import { type ImageRecord, imageRecord } from './image-store.ts';
import type { Lease } from './leases.ts';
import { mediaTypes } from './oci.ts';
import { parsePlatform } from './platform.ts';
import { canonicalString, parseReference, parseTag } from './reference.ts';
import { collectGarbage, commitImage, type Store, unpackLayer } from './store.ts';
import type { Images } from './types.ts';

type ImportOptions = Parameters<Images['import']>[1];

export const importImage = async (
  store: Store,
  archive: Readable,
  options: ImportOptions,
): Promise<ImageRecord> => {
  // Everything the user wrote is checked before the first byte is read.
  const config = applyChanges({}, options.changes ?? []);
  const name = referenceOf(options);
  const platform = parsePlatform(options.platform);
  const lease = store.leases.take();
  try {
    const blob = await ingest(store, archive, options.signal);
    lease.hold(blob.digest);
    const layer = await unpackLayer(store, {
      blob: blob.digest,
      parent: undefined,
      diffId: undefined,
      signal: options.signal,
    });
    lease.hold(layer.chainId);
    const created = new Date().toISOString();
    const document = {
      ...platform,
      comment: options.message ?? 'Imported from -',
      created,
      config,
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
      history: [{ created, comment: options.message ?? 'Imported from -' }],
    };
    const image = await describe(store, document, blob, lease);
    return await commitImage(store, image, { references: name === undefined ? [] : [name] });
  } finally {
    lease[Symbol.dispose]();
    await collectGarbage(store, lease.digests);
  }
};

const referenceOf = ({ repository, tag }: ImportOptions): string | undefined => {
  if (repository === undefined || repository === '') return undefined;
  const reference = parseReference(repository);
  return canonicalString({ ...reference, tag: parseTag(tag || reference.tag || 'latest') });
};

/** gzip and zstd blobs are layers as they are; what no registry takes is kept plain. */
const ingest = async (store: Store, archive: Readable, signal: AbortSignal): Promise<Ingested> => {
  const { compression, stream } = await detect(archive);
  const isLayerFormat = compression === 'none' || compression === 'gzip' || compression === 'zstd';
  const content = isLayerFormat ? stream : decompressAs(compression, stream, store.archiver);
  return store.content.ingest(content, { signal });
};

const describe = async (
  store: Store,
  config: object,
  layer: Ingested,
  lease: Lease,
): Promise<ImageRecord> => {
  const configBytes = Buffer.from(JSON.stringify(config));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: digestOf(configBytes), size: configBytes.length },
      layers: [{ mediaType: mediaTypes.ociLayer, digest: layer.digest, size: layer.size }],
    }),
  );
  const put = async (data: Buffer): Promise<Digest> => {
    lease.hold(digestOf(data));
    return store.content.put(data);
  };
  await put(configBytes);
  return imageRecord(await put(manifest), manifest, configBytes);
};
