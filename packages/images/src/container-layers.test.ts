import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { dockerArchive, needsRoot, quiet, streamOf, tar, testStore } from './test-support.ts';

const id = (digit: string): string => digit.repeat(64);
const layers = [tar({ name: './', type: '5', mode: 0o701, uid: 5 }, { name: 'file', content: 'x' })];

test(
  'a writable layer stands on the image, survives a restart and goes with its container',
  needsRoot,
  async () => {
    using store = testStore();
    const [image] = await store.images.load(streamOf(dockerArchive({ names: ['a'], layers })), quiet());
    const root = await store.images.createContainerLayer(id('1'), image?.id ?? '');
    assert.deepEqual(await store.images.createContainerLayer(id('1'), image?.id ?? ''), root, 'idempotent');
    const { mode, uid } = statSync(root.upper);
    assert.deepEqual([mode & 0o7777, uid], [0o701, 5], '/ looks like the image says');
    writeFileSync(join(root.upper, 'written'), 'twelve bytes');
    mkdirSync(join(root.upper, 'dir'));
    assert.equal(await store.images.containerLayerSize(id('1')), 12);

    const reopened = store.reopen();
    await reopened.createContainerLayer(id('2'), image?.id ?? '');
    await reopened.reconcile(new Set([id('1')]));
    assert.deepEqual(await reopened.containerLayer(id('1')), root);
    await assert.rejects(reopened.containerLayer(id('2')), { kind: 'not-found' });
    await reopened.removeContainerLayer(id('1'));
    await reopened.removeContainerLayer(id('1'));
    assert.equal(existsSync(root.upper), false);
    const others = new Set(['l', 'empty', '.trash']);
    const left = readdirSync(dirname(dirname(root.upper))).filter((name) => !others.has(name));
    assert.equal(left.length, 1, 'only the image layer is left');
  },
);

test('an image without layers still gives overlay something to stand on', needsRoot, async () => {
  using store = testStore();
  const [image] = await store.images.load(streamOf(dockerArchive({ names: ['none'], layers: [] })), quiet());
  const { lower } = await store.images.createContainerLayer(id('3'), image?.id ?? '');
  assert.deepEqual(
    lower.map((path) => readdirSync(path)),
    [[]],
  );
  await assert.rejects(store.images.createContainerLayer('../../x', image?.id ?? ''), {
    kind: 'invalid-parameter',
  });
});

test(
  'writable layers are deleted whole, large and small ones, those of an earlier daemon too',
  needsRoot,
  async () => {
    using store = testStore();
    const [image] = await store.images.load(streamOf(dockerArchive({ names: ['a'], layers })), quiet());
    const trash = join(store.path, 'overlay2/.trash');
    const { upper } = await store.images.createContainerLayer(id('4'), image?.id ?? '');
    for (let at = 0; at < 300; at++) writeFileSync(join(upper, `file-${at}`), '');
    mkdirSync(join(upper, 'a/b/c'), { recursive: true });
    const small = await store.images.createContainerLayer(id('5'), image?.id ?? '');
    mkdirSync(join(small.upper, 'a/b/c'), { recursive: true });
    const deleted = [id('4'), id('5')].map((layer) => store.images.removeContainerLayer(layer));
    assert.deepEqual([existsSync(upper), existsSync(small.upper)], [false, false], 'gone at once');
    await Promise.all(deleted);
    assert.deepEqual(readdirSync(trash), []);

    mkdirSync(join(trash, 'left/diff'), { recursive: true });
    const reopened = store.reopen();
    await reopened.reconcile(new Set());
    // Layers are deleted one after another, so these are through when this one is.
    await reopened.createContainerLayer(id('6'), image?.id ?? '');
    await reopened.removeContainerLayer(id('6'));
    assert.deepEqual(readdirSync(trash), []);
  },
);
