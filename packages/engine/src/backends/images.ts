/** Images as the HTTP edge asks for them. */
import {
  booleanFilter,
  checkFilterNames,
  type Filters,
  type ImageInspect,
  type ImageSummary,
  invalidParameter,
  type PruneReport,
} from '@berth/engine-api';
import type { Image } from '@berth/images';
import { isActive } from '../containers/state.ts';
import type { EngineContext } from '../context.ts';
import type { ImagesBackend } from '../types.ts';
import { shortId } from '../util/ids.ts';
import { lacksLabels, matchesLabels } from '../util/label-filter.ts';
import { untilFilter } from '../util/until-filter.ts';

export function createImagesBackend(context: EngineContext): ImagesBackend {
  const { images } = context;
  return {
    list: (options) => listImages(context, options),
    inspect: async (reference) => inspectImage(context, await images.get(reference)),
    history: (reference) => images.history(reference),
    remove: (reference, options) => removeImage(context, reference, options),
    prune: (filters) => pruneImages(context, filters),
    tag: async (reference, repository, tag) => {
      await images.tag(reference, repository, tag);
      const image = await images.get(reference);
      emitImage(context, 'tag', image, `${repository}:${tag || 'latest'}`);
    },
    pull: async (reference, options) => {
      const image = await images.pull(reference, options);
      context.events.emit('image', 'pull', reference, { ...labelsOf(image), name: repositoryOf(reference) });
      return image;
    },
    load: async (archive, options) => {
      for (const image of await images.load(archive, options)) emitImage(context, 'load', image, image.id);
    },
    save: async (references, output, options) => {
      await images.save(references, output, options);
      for (const reference of references)
        context.events.emit('image', 'save', reference, { name: reference });
    },
    import: async (archive, options) => {
      const image = await images.import(archive, options);
      emitImage(context, 'import', image, image.id);
      return image.id;
    },
  };
}

function emitImage(context: EngineContext, action: string, image: Image, name: string): void {
  context.events.emit('image', action, image.id, { ...labelsOf(image), name });
}

const labelsOf = (image: Image): Record<string, string> => image.config.config?.Labels ?? {};

const repositoryOf = (reference: string): string => {
  const name = reference.split('@', 1)[0] ?? reference;
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
};

async function listImages(
  context: EngineContext,
  options: { all: boolean; filters: Filters; sharedSize: boolean },
): Promise<ImageSummary[]> {
  const { filters } = options;
  checkFilterNames(filters, ['dangling', 'label', 'before', 'since', 'reference', 'until']);
  const tests = await imageTests(context, filters);
  const counts = containerCounts(context);
  const isWanted = referenceTest(filters);
  return (await context.images.list())
    .filter((image) => tests.every((test) => test(image)))
    .sort((a, b) => createdAt(b) - createdAt(a))
    .map((image) => ({
      Id: image.id,
      ParentId: image.parent,
      RepoTags: image.repoTags.filter(isWanted),
      RepoDigests: image.repoDigests.filter(isWanted),
      Created: createdAt(image),
      Size: image.sizeBytes,
      SharedSize: -1,
      Containers: counts.get(image.id) ?? 0,
      Labels: labelsOf(image),
    }));
}

/** Unix seconds. */
const createdAt = (image: Image): number => {
  const ms = Date.parse(image.config.created ?? '');
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
};

export function containerCounts(context: EngineContext): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { imageId } of context.store.index.values()) counts.set(imageId, (counts.get(imageId) ?? 0) + 1);
  return counts;
}

type Test = (image: Image) => boolean;

async function imageTests(context: EngineContext, filters: Filters): Promise<Test[]> {
  const tests: Test[] = [];
  const dangling = booleanFilter(filters, 'dangling');
  if (dangling !== undefined) tests.push((image) => (image.repoTags.length === 0) === dangling);
  if (filters.label) tests.push((image) => matchesLabels(labelsOf(image), filters.label ?? []));
  const until = untilFilter(filters);
  if (until) tests.push((image) => createdAt(image) * 1000 < until.getTime());
  for (const reference of filters.before ?? []) {
    const limit = createdAt(await context.images.get(reference));
    tests.push((image) => createdAt(image) < limit);
  }
  for (const reference of filters.since ?? []) {
    const limit = createdAt(await context.images.get(reference));
    tests.push((image) => createdAt(image) > limit);
  }
  if (filters.reference) {
    const isWanted = referenceTest(filters);
    tests.push(({ repoTags, repoDigests }) => [...repoTags, ...repoDigests].some(isWanted));
  }
  return tests;
}

/** Whether a name of an image is asked for; an image shows no other names. */
function referenceTest(filters: Filters): (name: string) => boolean {
  const patterns = (filters.reference ?? []).map(referencePattern);
  if (patterns.length === 0) return () => true;
  return (name) => patterns.some((pattern) => pattern.test(name) || pattern.test(repositoryOf(name)));
}

/** Shell pattern: `*` and `?` do not match slashes. */
function referencePattern(text: string): RegExp {
  if (text.length > 256) throw invalidParameter('invalid filter: the reference is too long');
  const source = text
    .replace(/\*+/g, '*')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${source}$`);
}

function inspectImage(_context: EngineContext, image: Image): ImageInspect {
  const { config } = image;
  const inner = config.config ?? {};
  return {
    Id: image.id,
    RepoTags: image.repoTags,
    RepoDigests: image.repoDigests,
    Parent: image.parent,
    Comment: config.history?.at(-1)?.comment ?? '',
    ...(config.created ? { Created: config.created } : {}),
    DockerVersion: '',
    Author: config.author ?? '',
    Config: {
      User: inner.User ?? '',
      ...(inner.ExposedPorts ? { ExposedPorts: emptyValues(inner.ExposedPorts) } : {}),
      Env: inner.Env ?? [],
      ...(inner.Cmd ? { Cmd: inner.Cmd } : {}),
      ...(inner.Volumes ? { Volumes: emptyValues(inner.Volumes) } : {}),
      WorkingDir: inner.WorkingDir ?? '',
      ...(inner.Entrypoint ? { Entrypoint: inner.Entrypoint } : {}),
      Labels: inner.Labels ?? {},
      ...(inner.StopSignal ? { StopSignal: inner.StopSignal } : {}),
      ...(inner.Shell ? { Shell: inner.Shell } : {}),
    },
    Architecture: config.architecture,
    ...(config.variant ? { Variant: config.variant } : {}),
    Os: config.os,
    Size: image.sizeBytes,
    VirtualSize: image.sizeBytes,
    GraphDriver: { Name: 'overlay2', Data: null },
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Metadata: image.lastTaggedAt ? { LastTagTime: image.lastTaggedAt.toISOString() } : {},
  };
}

const emptyValues = (set: Record<string, object>): Record<string, Record<string, never>> =>
  Object.fromEntries(Object.keys(set).map((key) => [key, {}]));

async function removeImage(
  context: EngineContext,
  reference: string,
  options: { force: boolean; noprune: boolean },
): Promise<{ Untagged?: string; Deleted?: string }[]> {
  const removed = await context.images.remove(reference, {
    ...options,
    usedBy: (imageId) =>
      [...context.store.index.values()]
        .filter((container) => container.imageId === imageId)
        .map(({ id, state }) => ({ id: shortId(id), running: isActive(state) })),
  });
  announceRemoved(context, removed);
  return removed;
}

function announceRemoved(context: EngineContext, removed: { Untagged?: string; Deleted?: string }[]): void {
  for (const { Untagged, Deleted } of removed) {
    if (Untagged) context.events.emit('image', 'untag', Untagged, { name: Untagged });
    if (Deleted?.startsWith('sha256:')) context.events.emit('image', 'delete', Deleted, { name: Deleted });
  }
}

async function pruneImages(context: EngineContext, filters: Filters): Promise<PruneReport> {
  checkFilterNames(filters, ['dangling', 'label', 'label!', 'until']);
  const until = untilFilter(filters);
  const used = containerCounts(context);
  const { deleted, reclaimedBytes } = await context.images.prune({
    danglingOnly: booleanFilter(filters, 'dangling') ?? true,
    inUse: (imageId) => used.has(imageId),
    ...(until ? { until } : {}),
    labels: (labels) =>
      matchesLabels(labels, filters.label ?? []) && lacksLabels(labels, filters['label!'] ?? []),
  });
  announceRemoved(context, deleted);
  context.events.emit('image', 'prune', '', { reclaimed: String(reclaimedBytes) });
  return { ImagesDeleted: deleted, SpaceReclaimed: reclaimedBytes };
}
