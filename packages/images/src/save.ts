/**
 * `docker save`: an OCI layout that is also a docker-archive. Layer blobs are written exactly as they came, so
 * the digests of a pulled image survive the way through a file.
 */
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Digest } from './digest.ts';
import type { ImageRecord } from './image-store.ts';
import { findImage, findReference, isNamedById } from './lookup.ts';
import { mediaTypes } from './oci.ts';
import { familiarName, familiarString, nameOf, parseReference, tryParseReference } from './reference.ts';
import { type Store, sizedBlob } from './store.ts';
import { tarEnd, tarHeader, tarMember, tarPadding } from './tar-writer.ts';

/** Image → canonical references to write with it. */
type Selection = Map<ImageRecord, Set<string>>;

/** "busybox" alone means all its tags; an id means the image without a name. */
const select = (store: Store, texts: readonly string[]): Selection => {
  const selection: Selection = new Map();
  const add = (image: ImageRecord, reference?: string): void => {
    const names = selection.get(image) ?? new Set<string>();
    if (reference !== undefined && !reference.includes('@')) names.add(reference);
    selection.set(image, names);
  };
  const { references, images } = store.images.state;
  for (const text of texts) {
    const parsed = tryParseReference(text);
    const isBareName = parsed !== undefined && parsed.tag === undefined && parsed.digest === undefined;
    const prefix = isBareName ? `${nameOf(parsed)}:` : undefined;
    const tags = [...references].filter(([name]) => prefix !== undefined && name.startsWith(prefix));
    for (const [name, id] of tags) {
      const image = images.get(id);
      if (image !== undefined) add(image, name);
    }
    if (tags.length === 0) {
      add(findImage(store, text), isNamedById(store, text) ? undefined : findReference(store, text));
    }
  }
  return selection;
};

const blobName = (digest: Digest): string => `blobs/${digest.replace(':', '/')}`;

const indexEntries = (store: Store, selection: Selection): object[] =>
  [...selection].flatMap(([image, names]) => {
    const descriptor = {
      mediaType: image.manifest.mediaType ?? mediaTypes.ociManifest,
      digest: image.manifestDigest,
      size: sizedBlob(store, image.manifestDigest),
    };
    if (names.size === 0) return [descriptor];
    return [...names].map((name) => ({
      ...descriptor,
      annotations: {
        'io.containerd.image.name': name,
        'org.opencontainers.image.ref.name': parseReference(name).tag ?? '',
      },
    }));
  });

const archiveManifest = (selection: Selection): object[] =>
  [...selection].map(([image, names]) => ({
    Config: blobName(image.id),
    RepoTags: names.size === 0 ? null : [...names].map((name) => familiarString(parseReference(name))),
    Layers: image.manifest.layers.map(({ digest }) => blobName(digest)),
  }));

/** name → tag → id: what Docker before 1.10 read. */
const repositories = (selection: Selection): Record<string, Record<string, string>> => {
  const result: Record<string, Record<string, string>> = {};
  for (const [image, names] of selection) {
    const top = image.manifest.layers.at(-1)?.digest ?? image.id;
    for (const name of names) {
      const reference = parseReference(name);
      const repository = familiarName(reference);
      result[repository] = {
        ...result[repository],
        [reference.tag ?? 'latest']: top.slice('sha256:'.length),
      };
    }
  }
  return result;
};

async function* members(store: Store, selection: Selection): AsyncGenerator<Buffer> {
  const digests = new Set<Digest>();
  for (const image of selection.keys()) {
    digests.add(image.id).add(image.manifestDigest);
    for (const layer of image.manifest.layers) digests.add(layer.digest);
  }
  yield tarHeader({ name: 'blobs/', size: 0, type: 'directory' });
  yield tarHeader({ name: 'blobs/sha256/', size: 0, type: 'directory' });
  for (const digest of [...digests].sort()) {
    const size = sizedBlob(store, digest);
    yield tarHeader({ name: blobName(digest), size });
    yield* store.content.open(digest) as AsyncIterable<Buffer>;
    yield tarPadding(size);
  }
  const index = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: indexEntries(store, selection),
  };
  yield tarMember('index.json', JSON.stringify(index));
  yield tarMember('manifest.json', JSON.stringify(archiveManifest(selection)));
  yield tarMember('oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  yield tarMember('repositories', JSON.stringify(repositories(selection)));
  yield tarEnd();
}

/** @throws notFound before the first byte is written */
export const saveImages = async (
  store: Store,
  texts: readonly string[],
  output: Writable,
  options: { signal: AbortSignal },
): Promise<void> => {
  const selection = select(store, texts);
  using lease = store.leases.take();
  for (const image of selection.keys()) {
    lease.hold(image.id, image.manifestDigest, ...image.manifest.layers.map(({ digest }) => digest));
  }
  await pipeline(members(store, selection), output, { signal: options.signal });
};
