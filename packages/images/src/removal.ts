/** `docker rmi` and `docker image prune`: when a name goes, when the image goes, and when it must not. */
import { conflict, type EngineError } from '@berth/engine-api';
import { type Digest, shortId } from './digest.ts';
import type { ImageRecord } from './image-store.ts';
import type { Layer } from './layer-store.ts';
import { findImage, findReference, isNamedById, referencesOf } from './lookup.ts';
import { familiarString, nameOf, parseReference } from './reference.ts';
import { collectGarbage, type Store } from './store.ts';
import type { Images, RemovedImage } from './types.ts';

type Users = { id: string; running: boolean }[];
type RemoveOptions = Parameters<Images['remove']>[1];
type PruneOptions = Parameters<Images['prune']>[0];

const isDigestReference = (reference: string): boolean => reference.includes('@');

/** One name, not counting digests of the same repository (which a pull adds by itself). */
const isSingleReference = (references: readonly string[]): boolean => {
  const tags = references.filter((reference) => !isDigestReference(reference));
  const repositories = new Set(references.map((reference) => nameOf(parseReference(reference))));
  return tags.length <= 1 && repositories.size <= 1;
};

const familiar = (reference: string): string => familiarString(parseReference(reference));

const children = (store: Store, id: Digest): boolean =>
  store.images.state.images.values().some((image) => image.parent === id);

/** What stands against deleting; `hard` reasons cannot be forced. */
const conflictWith = (
  store: Store,
  image: ImageRecord,
  users: Users,
): { hard: boolean; error: EngineError } | undefined => {
  const unable = (hard: boolean, reason: string): { hard: boolean; error: EngineError } => ({
    hard,
    error: conflict(
      `conflict: unable to delete ${shortId(image.id)} (${hard ? 'cannot' : 'must'} be forced) - ${reason}`,
    ),
  });
  const running = users.find((user) => user.running);
  if (running !== undefined) {
    return unable(true, `image is being used by running container ${shortId(running.id)}`);
  }
  if (children(store, image.id)) return unable(true, 'image has dependent child images');
  if (!isSingleReference(referencesOf(store, image.id))) {
    return unable(false, 'image is referenced in multiple repositories');
  }
  const [stopped] = users;
  if (stopped !== undefined) {
    return unable(false, `image is being used by stopped container ${shortId(stopped.id)}`);
  }
  return undefined;
};

/** The names that go when `reference` is untagged: with the last tag of a repository, its digests too. */
const namesToDrop = (references: readonly string[], reference: string): string[] => {
  const repository = nameOf(parseReference(reference));
  const others = references.filter(
    (other) => other !== reference && nameOf(parseReference(other)) === repository,
  );
  const lastTag = !isDigestReference(reference) && others.every(isDigestReference);
  return lastTag ? [reference, ...others] : [reference];
};

const drop = (store: Store, references: readonly string[]): Promise<void> =>
  store.images.update((draft) => {
    for (const reference of references) draft.references.delete(reference);
  });

const untagged = (references: readonly string[]): RemovedImage[] =>
  references.map((reference) => ({ Untagged: familiar(reference) }));

/** Forgets the image with all its names. */
const forget = async (store: Store, image: ImageRecord): Promise<RemovedImage[]> => {
  const references = referencesOf(store, image.id);
  await store.images.update((draft) => {
    for (const reference of references) draft.references.delete(reference);
    draft.images.delete(image.id);
  });
  return [...untagged(references), { Deleted: image.id }];
};

const deletedLayers = (layers: readonly Layer[]): RemovedImage[] =>
  layers.map((layer) => ({ Deleted: layer.chainId }));

/** Untagged parents (of a build) go with their last child unless something uses them. */
const forgetParents = async (
  store: Store,
  image: ImageRecord,
  usedBy: RemoveOptions['usedBy'],
): Promise<RemovedImage[]> => {
  const removed: RemovedImage[] = [];
  for (let at = image.parent; at !== undefined; ) {
    const parent = store.images.state.images.get(at);
    if (parent === undefined || referencesOf(store, parent.id).length > 0) break;
    if (conflictWith(store, parent, usedBy(parent.id)) !== undefined) break;
    removed.push(...(await forget(store, parent)));
    at = parent.parent;
  }
  return removed;
};

/** @returns the names removed and whether the image itself is to go now. */
const untag = async (
  store: Store,
  image: ImageRecord,
  text: string,
  { force, usedBy }: RemoveOptions,
): Promise<RemovedImage[]> => {
  const references = referencesOf(store, image.id);
  const [user] = usedBy(image.id);
  if (isSingleReference(references) && !force && user !== undefined) {
    throw conflict(
      `conflict: unable to remove repository reference ${JSON.stringify(text)} (must force) - ` +
        `container ${shortId(user.id)} is using its referenced image ${shortId(image.id)}`,
    );
  }
  const reference = findReference(store, text);
  const names = reference === undefined ? [] : namesToDrop(references, reference);
  await drop(store, names);
  return untagged(names);
};

/**
 * @throws notFound for an unknown image, conflict in Docker's words when it is in use
 */
export const removeImage = async (
  store: Store,
  text: string,
  options: RemoveOptions,
): Promise<RemovedImage[]> => {
  const image = findImage(store, text);
  const byName = !isNamedById(store, text);
  const removed = byName ? await untag(store, image, text, options) : [];
  if (byName && referencesOf(store, image.id).length > 0) return removed;
  const trouble = conflictWith(store, image, options.usedBy(image.id));
  if (trouble !== undefined && (trouble.hard || !options.force)) {
    // The name is gone; that the image stays because something uses it is no failure then.
    if (byName) return removed;
    throw trouble.error;
  }
  removed.push(...(await forget(store, image)));
  if (!options.noprune) removed.push(...(await forgetParents(store, image, options.usedBy)));
  return [...removed, ...deletedLayers(await collectGarbage(store))];
};

const isPrunable = (store: Store, image: ImageRecord, options: PruneOptions): boolean => {
  if (options.inUse(image.id) || children(store, image.id)) return false;
  const isTagged = referencesOf(store, image.id).some((reference) => !isDigestReference(reference));
  if (options.danglingOnly && isTagged) return false;
  const created = image.config.created === undefined ? 0 : Date.parse(image.config.created);
  if (options.until !== undefined && created > options.until.getTime()) return false;
  return options.labels?.(image.config.config?.Labels ?? {}) ?? true;
};

export const pruneImages = async (
  store: Store,
  options: PruneOptions,
): Promise<{ deleted: RemovedImage[]; reclaimedBytes: number }> => {
  const deleted: RemovedImage[] = [];
  // Removing a child can free its parent, so look again until nothing more goes.
  for (;;) {
    const candidates = [...store.images.state.images.values()].filter((image) =>
      isPrunable(store, image, options),
    );
    if (candidates.length === 0) break;
    for (const image of candidates) deleted.push(...(await forget(store, image)));
  }
  const layers = await collectGarbage(store);
  const reclaimedBytes = layers.reduce((sum, layer) => sum + layer.size, 0);
  return { deleted: [...deleted, ...deletedLayers(layers)], reclaimedBytes };
};
