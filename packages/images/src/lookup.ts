/** From what users type to an image, and from an image to what they see. */
import { notFound } from '@berth/engine-api';
import { type Digest, hexOf } from './digest.ts';
import type { ImageRecord } from './image-store.ts';
import {
  canonicalString,
  familiarName,
  familiarString,
  nameOf,
  parseReference,
  tryParseReference,
  withDefaultTag,
} from './reference.ts';
import type { Store } from './store.ts';
import type { Image } from './types.ts';

const idPrefix = /^(?:sha256:)?([0-9a-f]{1,64})$/;

/** @throws notFound "No such image: name:tag" */
export const findImage = (store: Store, text: string): ImageRecord => {
  const image = findByName(store, text) ?? findById(store, text);
  if (image !== undefined) return image;
  const reference = tryParseReference(text);
  throw notFound(
    `No such image: ${reference === undefined ? text : familiarString(withDefaultTag(reference))}`,
  );
};

/** The stored reference that `text` means, if there is one. */
export const findReference = (store: Store, text: string): string | undefined => {
  const reference = tryParseReference(text);
  if (reference === undefined) return undefined;
  const { references, images } = store.images.state;
  const key = canonicalString(withDefaultTag(reference));
  if (references.has(key)) return key;
  // name:tag@digest means the digest; the tag is decoration.
  if (reference.digest === undefined) return undefined;
  const byDigest = `${nameOf(reference)}@${reference.digest}`;
  if (references.has(byDigest)) return byDigest;
  const prefix = `${nameOf(reference)}:`;
  for (const [name, id] of references) {
    const matches = id === reference.digest || images.get(id)?.manifestDigest === reference.digest;
    if (matches && name.startsWith(prefix)) return name;
  }
  return undefined;
};

const findByName = (store: Store, text: string): ImageRecord | undefined => {
  const { references, images } = store.images.state;
  const id = references.get(findReference(store, text) ?? '');
  return id === undefined ? undefined : images.get(id);
};

const findById = (store: Store, text: string): ImageRecord | undefined => {
  const prefix = idPrefix.exec(text)?.[1];
  if (prefix === undefined) return undefined;
  const { images } = store.images.state;
  const exact = images.get(`sha256:${prefix}`);
  if (exact !== undefined) return exact;
  const matches = [...images.values()].filter(({ id }) => hexOf(id).startsWith(prefix));
  return matches.length === 1 ? matches[0] : undefined;
};

/** Was the image named by its id (and not by a name that happens to look like one)? */
export const isNamedById = (store: Store, text: string): boolean => findByName(store, text) === undefined;

export const referencesOf = (store: Store, id: Digest): string[] =>
  [...store.images.state.references].filter(([, target]) => target === id).map(([reference]) => reference);

export const sizeOf = (store: Store, image: ImageRecord): number =>
  image.chainIds.reduce((sum, chainId) => sum + (store.layers.get(chainId)?.size ?? 0), 0);

/** @param references canonical references of this image */
export const describeImage = (store: Store, image: ImageRecord, references: readonly string[]): Image => {
  const parsed = references.map(parseReference);
  const tags = parsed.filter(({ digest }) => digest === undefined);
  const digests = parsed.filter(({ digest }) => digest !== undefined);
  return {
    id: image.id,
    config: image.config,
    repoTags: tags.map(familiarString).sort(),
    repoDigests: digests.map((reference) => `${familiarName(reference)}@${reference.digest}`).sort(),
    sizeBytes: sizeOf(store, image),
    parent: image.parent ?? '',
    lastTaggedAt: image.lastTaggedAt,
  };
};

export const describeAll = (store: Store): Image[] => {
  const { images, references } = store.images.state;
  const byImage = Map.groupBy(references, ([, id]) => id);
  return [...images.values()].map((image) =>
    describeImage(store, image, byImage.get(image.id)?.map(([reference]) => reference) ?? []),
  );
};
