import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createVolumes, type VolumeArchiver } from './index.ts';

/** Copies one file, so that it shows where it was told to copy to. */
class FakeArchiver implements VolumeArchiver {
  readonly copies: { lower: readonly string[]; path: string }[] = [];

  async copyFromLayers({ lower, path, destination }: Parameters<VolumeArchiver['copyFromLayers']>[0]) {
    this.copies.push({ lower, path });
    await writeFile(join(destination, 'from-image'), 'hello');
    return true;
  }

  async usage(directory: string): Promise<number> {
    const sizes = (await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }
}

async function context() {
  const dataRoot = await mkdtemp(join(tmpdir(), 'berth-volumes-'));
  const archiver = new FakeArchiver();
  return {
    dataRoot,
    archiver,
    volumes: createVolumes({ dataRoot, archiver }),
    [Symbol.asyncDispose]: () => rm(dataRoot, { recursive: true, force: true }),
  };
}

const nobody = { force: false, usedBy: () => [] };

test('a volume keeps its files and labels across a restart', async () => {
  await using here = await context();
  const made = await here.volumes.create({ name: 'data', labels: { tier: 'db' } });
  assert.equal(made.mountpoint, join(here.dataRoot, 'volumes/data/_data'));
  await writeFile(join(made.mountpoint, 'file'), 'content');
  const again = createVolumes(here);
  assert.deepEqual(await again.get('data'), made);
  assert.deepEqual(await again.create({ name: 'data', labels: { other: 'x' } }), made);
  assert.equal(await readFile(join(made.mountpoint, 'file'), 'utf8'), 'content');
  assert.deepEqual(await again.list(), [made]);
});

test('without a name a volume gets a random one and counts as anonymous', async () => {
  await using here = await context();
  const volume = await here.volumes.create({});
  assert.match(volume.name, /^[0-9a-f]{64}$/);
  assert.equal(volume.anonymous, true);
  assert.equal((await here.volumes.create({ name: 'named' })).anonymous, false);
});

test('creating the same volume many times at once makes one', async () => {
  await using here = await context();
  const made = await Promise.all(Array.from({ length: 20 }, () => here.volumes.create({ name: 'shared' })));
  assert.deepEqual(new Set(made.map(({ createdAt }) => createdAt.getTime())).size, 1);
});

const badNames = [
  ['x', 'create x: volume name is too short, names should be at least two alphanumeric characters'],
  [
    'a/b',
    'create a/b: "a/b" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
  ],
  ['../../etc', /includes invalid characters/],
  ['.hidden', /includes invalid characters/],
  ['line\nbreak', /includes invalid characters/],
  ['n'.repeat(300), /too long/],
] as const;

test('names that could leave the store are refused in words Docker clients know', async () => {
  await using here = await context();
  for (const [name, message] of badNames)
    await assert.rejects(here.volumes.create({ name }), { kind: 'invalid-parameter', message });
  await assert.rejects(here.volumes.get('../x'), { kind: 'not-found', message: 'get ../x: no such volume' });
});

test('drivers and options that do not exist are refused', async () => {
  await using here = await context();
  await assert.rejects(here.volumes.create({ name: 'vol', driver: 'foo' }), {
    kind: 'not-found',
    message: 'create vol: error looking up volume plugin foo: plugin "foo" not found',
  });
  await assert.rejects(here.volumes.create({ name: 'vol', options: { size: '1' } }), {
    message: 'create vol: invalid option: "size"',
  });
  assert.deepEqual(await here.volumes.list(), []);
});

test('a volume in use stays, a free one goes with its files', async () => {
  await using here = await context();
  const { mountpoint } = await here.volumes.create({ name: 'data' });
  await assert.rejects(here.volumes.remove('data', { force: true, usedBy: () => ['c1', 'c2'] }), {
    kind: 'conflict',
    message: 'remove data: volume is in use - [c1, c2]',
  });
  await here.volumes.remove('data', nobody);
  await assert.rejects(stat(mountpoint), { code: 'ENOENT' });
  await assert.rejects(here.volumes.remove('data', nobody), { message: 'get data: no such volume' });
  await here.volumes.remove('data', { force: true, usedBy: () => [] });
});

test('prune takes what is unused and asked for, and counts the bytes', async () => {
  await using here = await context();
  const { volumes } = here;
  const [used, free, named] = [
    await volumes.create({}),
    await volumes.create({}),
    await volumes.create({ name: 'named' }),
  ];
  for (const volume of [used, free, named]) await writeFile(join(volume.mountpoint, 'file'), '12345');
  const inUse = (name: string): boolean => name === used.name;
  assert.deepEqual(await volumes.prune({ anonymousOnly: true, inUse }), {
    deleted: [free.name],
    reclaimedBytes: 5,
  });
  assert.deepEqual(await volumes.prune({ anonymousOnly: false, inUse, labels: () => false }), {
    deleted: [],
    reclaimedBytes: 0,
  });
  assert.deepEqual((await volumes.prune({ anonymousOnly: false, inUse })).deleted, ['named']);
  assert.equal(await volumes.size(used.name), 5);
});

test('an empty volume is filled from the image once; one with files is left alone', async () => {
  await using here = await context();
  const { mountpoint } = await here.volumes.create({ name: 'web' });
  const source = { lower: ['/top', '/base'], path: '/usr/share/web' };
  await Promise.all([here.volumes.populate('web', source), here.volumes.populate('web', source)]);
  assert.deepEqual(here.archiver.copies, [source]);
  assert.equal(await readFile(join(mountpoint, 'from-image'), 'utf8'), 'hello');
});

test('what a crash left half made or half removed is gone after a restart', async () => {
  await using here = await context();
  const root = join(here.dataRoot, 'volumes');
  for (const name of ['.creating-one/_data', '.removing-two/_data', 'lost/_data'])
    await mkdir(join(root, name), { recursive: true });
  await writeFile(join(root, 'lost/volume.json'), '{"labels":');
  assert.deepEqual(
    (await here.volumes.list()).map(({ name, labels }) => ({ name, labels })),
    [{ name: 'lost', labels: {} }],
  );
  assert.deepEqual(await readdir(root), ['lost']);
});
