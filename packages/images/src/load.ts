/** `docker load`: images out of docker-archive and OCI-layout tars. */
import type { Readable } from 'node:stream';
import { invalidParameter } from '@berth/engine-api';
import { type ArchiveFiles, readArchive } from './archive-reader.ts';
import { type Digest, shortId } from './digest.ts';
import { type ImageRecord, imageRecord } from './image-store.ts';
import type { Lease } from './leases.ts';
import {
  type Descriptor,
  documentKind,
  isImageManifest,
  maxConfigBytes,
  maxManifestBytes,
  mediaTypes,
  parseArchiveManifest,
  parseConfig,
  parseIndex,
  parseManifest,
} from './oci.ts';
import { throttled } from './progress.ts';
import {
  canonicalString,
  familiarString,
  parseReference,
  tryParseReference,
  withDefaultTag,
} from './reference.ts';
import { collectGarbage, commitImage, type Store, unpackLayer } from './store.ts';
import type { OnProgress } from './types.ts';

interface Found {
  image: ImageRecord;
  /** Canonical references. */
  names: string[];
}

interface LoadOptions {
  signal: AbortSignal;
  onProgress: OnProgress;
}

const maxIndexDepth = 4;

export const loadImages = async (
  store: Store,
  archive: Readable,
  options: LoadOptions,
): Promise<ImageRecord[]> => {
  const lease = store.leases.take();
  let files: ArchiveFiles | undefined;
  try {
    files = await readArchive(store, archive, { lease, signal: options.signal });
    const found = await findImages(store, files, lease);
    if (found.length === 0) throw invalidParameter('the archive holds no image');
    const images: ImageRecord[] = [];
    for (const entry of found) images.push(await loadOne(store, entry, lease, options));
    return images;
  } finally {
    lease[Symbol.dispose]();
    await collectGarbage(store, lease.digests);
  }
};

const loadOne = async (
  store: Store,
  { image, names }: Found,
  lease: Lease,
  options: LoadOptions,
): Promise<ImageRecord> => {
  lease.hold(...image.chainIds);
  await unpackLayers(store, image, options);
  for (const name of names) announceReplaced(store, image, name, options.onProgress);
  const record = await commitImage(store, image, { references: names });
  const lines = names.map((name) => `Loaded image: ${familiarString(parseReference(name))}\n`);
  if (lines.length === 0) lines.push(`Loaded image ID: ${image.id}\n`);
  for (const stream of lines) options.onProgress({ stream });
  return record;
};

const announceReplaced = (store: Store, image: ImageRecord, name: string, onProgress: OnProgress): void => {
  const previous = store.images.state.references.get(name);
  if (previous === undefined || previous === image.id) return;
  onProgress({
    stream: `The image ${familiarString(parseReference(name))} already exists, renaming the old one with ID ${previous} to empty string\n`,
  });
};

const unpackLayers = async (store: Store, image: ImageRecord, options: LoadOptions): Promise<void> => {
  for (const [at, layer] of image.manifest.layers.entries()) {
    const diffId = image.diffIds[at];
    const chainId = image.chainIds[at];
    if (diffId === undefined || chainId === undefined || store.layers.get(chainId) !== undefined) continue;
    const id = shortId(diffId);
    const report = throttled((current) =>
      options.onProgress({ status: 'Loading layer', id, progressDetail: { current, total: layer.size } }),
    );
    const parent = image.chainIds[at - 1];
    const { signal } = options;
    await unpackLayer(store, { blob: layer.digest, parent, diffId, signal, onBytes: report });
    options.onProgress({
      status: 'Loading layer',
      id,
      progressDetail: { current: layer.size, total: layer.size },
    });
  }
};

const findImages = async (store: Store, files: ArchiveFiles, lease: Lease): Promise<Found[]> => {
  const index = files.find('index.json');
  const archiveManifest = files.find('manifest.json');
  const fromIndex = index === undefined ? [] : await findInIndex(store, files, index.digest);
  if (archiveManifest === undefined) {
    if (index === undefined) throw invalidParameter('the archive has neither manifest.json nor index.json');
    return fromIndex;
  }
  // Recent archives are both; manifest.json knows the names, the index the original manifests.
  const manifests = new Map(fromIndex.map(({ image }) => [image.id, image]));
  const entries = parseArchiveManifest(await store.content.read(archiveManifest.digest, maxManifestBytes));
  const found: Found[] = [];
  for (const entry of entries) {
    const config = files.require(entry.Config);
    const names = (entry.RepoTags ?? []).map((tag) => canonicalString(withDefaultTag(parseReference(tag))));
    const layers = (entry.Layers ?? []).map((name) => files.require(name));
    const image =
      manifests.get(config.digest) ?? (await describeArchived(store, config.digest, layers, lease));
    found.push({ image, names });
  }
  return found;
};

/** A manifest for an image that came without one. */
const describeArchived = async (
  store: Store,
  config: Digest,
  layers: readonly { digest: Digest; size: number }[],
  lease: Lease,
): Promise<ImageRecord> => {
  const configBytes = await store.content.read(config, maxConfigBytes);
  parseConfig(configBytes);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: config, size: configBytes.length },
      layers: layers.map(({ digest, size }) => ({ mediaType: mediaTypes.ociLayer, digest, size })),
    }),
  );
  const digest = await store.content.put(manifest);
  lease.hold(digest);
  return imageRecord(digest, manifest, configBytes);
};

const findInIndex = async (store: Store, files: ArchiveFiles, index: Digest): Promise<Found[]> => {
  const found: Found[] = [];
  const visit = async (
    descriptors: readonly Descriptor[],
    inherited: string[],
    depth: number,
  ): Promise<void> => {
    if (depth > maxIndexDepth) throw invalidParameter('index.json is nested too deeply');
    for (const descriptor of descriptors) {
      if (files.find(blobName(descriptor.digest)) === undefined) continue; // another platform, left out
      const names = [...namesIn(descriptor), ...inherited];
      const data = await store.content.read(descriptor.digest, maxManifestBytes);
      if (documentKind(data, descriptor.mediaType) === 'index') {
        await visit(parseIndex(data).manifests, names, depth + 1);
      } else {
        const image = await readManifest(store, files, descriptor.digest, data);
        if (image !== undefined) found.push({ image, names });
      }
    }
  };
  await visit(parseIndex(await store.content.read(index, maxManifestBytes)).manifests, [], 1);
  return found;
};

const blobName = (digest: Digest): string => `blobs/${digest.replace(':', '/')}`;

/** `undefined` for what is no image here: attestations, platforms whose blobs were left out. */
const readManifest = async (
  store: Store,
  files: ArchiveFiles,
  digest: Digest,
  data: Buffer,
): Promise<ImageRecord | undefined> => {
  const manifest = parseManifest(data);
  const parts = [manifest.config.digest, ...manifest.layers.map((layer) => layer.digest)];
  if (!isImageManifest(manifest) || parts.some((part) => files.find(blobName(part)) === undefined)) {
    return undefined;
  }
  return imageRecord(digest, data, await store.content.read(manifest.config.digest, maxConfigBytes));
};

/** containerd writes the whole name, skopeo and the OCI layout "name:tag" or only a tag, which names nothing. */
const namesIn = ({ annotations }: Descriptor): string[] => {
  const full = annotations?.['io.containerd.image.name'];
  const short = annotations?.['org.opencontainers.image.ref.name'];
  const text = full ?? (short !== undefined && /[:/]/.test(short) ? short : undefined);
  const reference = text === undefined ? undefined : tryParseReference(text);
  return reference === undefined || reference.digest !== undefined
    ? []
    : [canonicalString(withDefaultTag(reference))];
};
