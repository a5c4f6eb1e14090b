import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dockerArchive, needsRoot, quiet, streamOf, type TestStore, tar, testStore } from './test-support.ts';
import type { Image, Images } from './types.ts';

const base = tar({ name: 'base', content: 'base' });
const free: Parameters<Images['remove']>[1] = { force: false, noprune: false, usedBy: () => [] };
const usedBy = (running: boolean): Parameters<Images['remove']>[1] => ({
  ...free,
  usedBy: () => [{ id: 'c'.repeat(12), running }],
});

const load = async (store: TestStore, name: string, ...layers: Buffer[]): Promise<Image> => {
  const [image] = await store.images.load(streamOf(dockerArchive({ names: [name], layers })), quiet());
  assert.ok(image);
  return image;
};

const layerCount = (store: TestStore): number => readdirSync(join(store.path, 'overlay2/l')).length;

test('removing the last name removes the image, its layers and its content', needsRoot, async () => {
  using store = testStore();
  const image = await load(store, 'a:1', base, tar({ name: 'x' }));
  await load(store, 'b:1', base);
  await store.images.tag('a:1', 'a', '2');
  assert.deepEqual(await store.images.remove('a:1', free), [{ Untagged: 'a:1' }]);
  const removed = await store.images.remove('a:2', free);
  assert.deepEqual(removed.slice(0, 2), [{ Untagged: 'a:2' }, { Deleted: image.id }]);
  assert.equal(removed.length, 3, 'the base layer is still used by b:1');
  await assert.rejects(store.images.get('a:2'), { kind: 'not-found', message: 'No such image: a:2' });
  assert.equal(layerCount(store), 1);
  await store.images.remove('b', { ...free, force: true }).catch((error: Error) => {
    assert.equal(error.message, 'No such image: b:latest');
  });
  await store.images.remove('b:1', free);
  assert.equal(layerCount(store), 0);
  assert.deepEqual(readdirSync(join(store.path, 'content/blobs/sha256')), []);
  assert.equal(await store.images.layersSize(), 0);
});

test('an image in use is refused in the words Docker has for it', needsRoot, async () => {
  using store = testStore();
  const image = await load(store, 'a:1', base);
  const short = image.id.slice('sha256:'.length, 'sha256:'.length + 12);
  const container = 'c'.repeat(12);
  await assert.rejects(store.images.remove('a:1', usedBy(false)), {
    kind: 'conflict',
    message: `conflict: unable to remove repository reference "a:1" (must force) - container ${container} is using its referenced image ${short}`,
  });
  await assert.rejects(store.images.remove(short, usedBy(false)), {
    kind: 'conflict',
    message: `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container ${container}`,
  });
  await assert.rejects(store.images.remove(short, { ...usedBy(true), force: true }), {
    kind: 'conflict',
    message: `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container ${container}`,
  });
  await store.images.tag('a:1', 'other', 'x');
  await assert.rejects(store.images.remove(short, free), {
    message: `conflict: unable to delete ${short} (must be forced) - image is referenced in multiple repositories`,
  });
  assert.deepEqual(await store.images.remove('other:x', usedBy(true)), [{ Untagged: 'other:x' }]);
  // Forced under a running container only the name goes.
  assert.deepEqual(await store.images.remove('a:1', { ...usedBy(true), force: true }), [{ Untagged: 'a:1' }]);
  assert.equal((await store.images.get(image.id)).repoTags.length, 0);
});

test('a container keeps its layers when its image is forced away', needsRoot, async () => {
  using store = testStore();
  const image = await load(store, 'a:1', base);
  const id = 'd'.repeat(64);
  const { lower } = await store.images.createContainerLayer(id, image.id);
  await store.images.remove('a:1', { ...usedBy(false), force: true });
  assert.deepEqual(readdirSync(lower[0] ?? ''), ['base']);

  const reopened = store.reopen();
  await reopened.reconcile(new Set([id]));
  assert.deepEqual((await reopened.containerLayer(id)).lower, lower);
  await reopened.removeContainerLayer(id);
  await reopened.reconcile(new Set());
  assert.equal(layerCount(store), 0);
});

test('prune removes what nothing names and nothing uses', needsRoot, async () => {
  using store = testStore();
  const dangling = await load(store, 'a:1', base, tar({ name: 'old', content: 'four' }));
  const newer = await load(store, 'a:1', base, tar({ name: 'new' }));
  const used = await load(store, 'used:1', tar({ name: 'used' }));
  const options = { danglingOnly: true, inUse: (id: string) => id === used.id };
  const first = await store.images.prune(options);
  assert.deepEqual(first.deleted[0], { Deleted: dangling.id });
  assert.equal(first.reclaimedBytes, 4);
  const filtered = { ...options, danglingOnly: false };
  const early = new Date('2000-01-01');
  assert.deepEqual((await store.images.prune({ ...filtered, until: early })).deleted, []);
  assert.deepEqual((await store.images.prune({ ...filtered, labels: () => false })).deleted, []);
  const all = await store.images.prune(filtered);
  assert.deepEqual(all.deleted.slice(0, 2), [{ Untagged: 'a:1' }, { Deleted: newer.id }]);
  assert.deepEqual(
    (await store.images.list()).map(({ id }) => id),
    [used.id],
  );
});

test('images are found by name, id and unique prefix, and names persist', needsRoot, async () => {
  using store = testStore();
  const image = await load(store, 'registry.test:5000/a/b:1', base);
  const hex = image.id.slice('sha256:'.length);
  for (const name of [
    'registry.test:5000/a/b:1',
    image.id,
    hex,
    hex.slice(0, 12),
    `sha256:${hex.slice(0, 5)}`,
  ]) {
    assert.equal((await store.reopen().get(name)).id, image.id, name);
  }
  for (const name of ['registry.test:5000/a/b', 'zzz', '%2e%2e%2f', '', '../..', 'sha256:']) {
    await assert.rejects(store.images.get(name), { kind: 'not-found' }, name);
  }
  await assert.rejects(store.images.tag('registry.test:5000/a/b:1', 'Bad', 'x'), {
    kind: 'invalid-parameter',
  });
  await assert.rejects(store.images.tag(image.id, 'good', 'bad tag'), { message: 'invalid tag format' });
});
