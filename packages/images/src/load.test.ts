import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { EngineError } from '@berth/engine-api';
import { digestOf } from './digest.ts';
import { tarEnd, tarMember } from './tar-writer.ts';
import {
  archiverPath,
  dockerArchive,
  needsRoot,
  ociArchive,
  quiet,
  recorded,
  streamOf,
  tar,
  tempDirectory,
  testStore,
} from './test-support.ts';

const base = tar({ name: 'bin/', type: '5' }, { name: 'bin/sh', content: 'a shell', mode: 0o755 });
const top = tar({ name: 'etc/', type: '5' }, { name: 'etc/motd', content: 'hello' });
const image = { names: ['busybox:latest'], layers: [base, top] };

const layerDirectories = (root: string): string[] =>
  readdirSync(join(root, 'overlay2')).filter((name) => !['l', 'empty', '.trash'].includes(name));
const blobs = (root: string): string[] => readdirSync(join(root, 'content/blobs/sha256'));

const assertEmpty = (root: string): void => {
  assert.deepEqual(layerDirectories(root), []);
  assert.deepEqual(blobs(root), []);
  assert.deepEqual(readdirSync(join(root, 'content/ingest')), []);
  assert.deepEqual(readdirSync(join(root, 'overlay2/l')), []);
};

test('an archive of docker save loads, and its layers are laid out for overlay', needsRoot, async () => {
  using store = testStore();
  const progress = recorded();
  const [loaded] = await store.images.load(streamOf(dockerArchive(image)), progress);
  assert.ok(loaded);
  assert.deepEqual(loaded.repoTags, ['busybox:latest']);
  assert.equal(loaded.sizeBytes, 'a shell'.length + 'hello'.length);
  assert.equal(progress.messages.at(-1)?.stream, 'Loaded image: busybox:latest\n');
  const root = await store.images.createContainerLayer('a'.repeat(64), loaded.id);
  assert.deepEqual(
    root.lower.map((lower) => readdirSync(lower)),
    [['etc'], ['bin']],
  );
  const history = await store.images.history('busybox');
  assert.deepEqual(
    history.map(({ Id, CreatedBy, Size, Tags }) => ({ Id, CreatedBy, Size, Tags })),
    [
      { Id: loaded.id, CreatedBy: 'step 1', Size: 5, Tags: ['busybox:latest'] },
      { Id: '<missing>', CreatedBy: 'step 0', Size: 7, Tags: [] },
    ],
  );
});

test('every outer compression and every layer compression loads to the same image', needsRoot, async () => {
  const xz = (data: Buffer): Buffer => execFileSync('xz', ['-c'], { input: data });
  const hasXz = spawnSync('xz', ['--version']).error === undefined;
  const outer = [(data: Buffer) => data, gzipSync, zstdCompressSync, ...(hasXz ? [xz] : [])];
  for (const compress of outer) {
    using store = testStore();
    const [loaded] = await store.images.load(streamOf(compress(dockerArchive(image))), quiet());
    assert.deepEqual(loaded?.repoTags, ['busybox:latest']);
  }
  for (const encode of [gzipSync, zstdCompressSync]) {
    using store = testStore();
    const { archive, manifest } = ociArchive({ ...image, encode }, 'io.containerd.image.name');
    const [loaded] = await store.images.load(streamOf(archive), quiet());
    assert.deepEqual(loaded?.repoTags, ['busybox:latest']);
    assert.equal((await store.images.get(`busybox@${manifest}`)).id, loaded?.id);
  }
});

test('OCI ref names: a whole name names the image, a bare tag does not', needsRoot, async () => {
  using store = testStore();
  const progress = recorded();
  const annotation = 'org.opencontainers.image.ref.name';
  await store.images.load(streamOf(ociArchive({ ...image, names: ['a/b:1'] }, annotation).archive), progress);
  assert.equal((await store.images.get('a/b:1')).repoTags.length, 1);
  const bare = ociArchive({ names: ['latest'], layers: [top] }, annotation).archive;
  const [loaded] = await store.images.load(streamOf(bare), progress);
  assert.deepEqual(loaded?.repoTags, []);
  assert.equal(progress.messages.at(-1)?.stream, `Loaded image ID: ${loaded?.id}\n`);
});

test('a layer is unpacked once, however often and at whatever time it is loaded', needsRoot, async () => {
  using store = testStore();
  const other = { names: ['other:1'], layers: [base, tar({ name: 'x' })] };
  const archives = [image, other, image, other].map((each) => streamOf(dockerArchive(each)));
  await Promise.all(archives.map((archive) => store.images.load(archive, quiet())));
  assert.equal((await store.images.list()).length, 2);
  assert.equal(layerDirectories(store.path).length, 3);
  const before = layerDirectories(store.path);
  const progress = recorded();
  await store.images.load(streamOf(dockerArchive(image)), progress);
  assert.deepEqual(layerDirectories(store.path), before);
  assert.equal(
    progress.messages.some(({ status }) => status === 'Loading layer'),
    false,
  );
});

test('loading a name again leaves the old image without it', needsRoot, async () => {
  using store = testStore();
  const [old] = await store.images.load(streamOf(dockerArchive(image)), quiet());
  const progress = recorded();
  const replacement = { names: ['busybox:latest'], layers: [top] };
  await store.images.load(streamOf(dockerArchive(replacement)), progress);
  assert.deepEqual((await store.images.get(old?.id ?? '')).repoTags, []);
  assert.match(
    progress.messages.map(({ stream }) => stream).join(''),
    /already exists, renaming the old one/,
  );
});

test(
  'what is saved loads elsewhere with the same digests, also in the reference tools',
  needsRoot,
  async () => {
    using store = testStore();
    using elsewhere = testStore();
    const { archive, manifest } = ociArchive({ ...image, encode: gzipSync }, 'io.containerd.image.name');
    const [loaded] = await store.images.load(streamOf(archive), quiet());
    await store.images.tag('busybox', 'localhost:5000/copy', 'v2');
    const output = new PassThrough();
    const saved = buffer(output);
    await store.images.save(['busybox', 'localhost:5000/copy:v2'], output, quiet());
    const [again] = await elsewhere.images.load(streamOf(await saved), quiet());
    assert.deepEqual(again?.repoTags, ['busybox:latest', 'localhost:5000/copy:v2']);
    assert.equal(again?.id, loaded?.id);
    assert.equal((await elsewhere.images.get(`busybox@${manifest}`)).id, loaded?.id);
    await assert.rejects(store.images.save(['nothing'], new PassThrough(), quiet()), {
      message: 'No such image: nothing:latest',
    });
  },
);

test('a broken or hostile archive is refused and leaves nothing', needsRoot, async () => {
  const good = dockerArchive(image);
  const wrongBlob = Buffer.concat([tarMember(`blobs/sha256/${'0'.repeat(64)}`, 'x'), tarEnd()]);
  const manifest = (value: unknown): Buffer =>
    Buffer.concat([tarMember('manifest.json', JSON.stringify(value)), tarEnd()]);
  const otherLayer = dockerArchive({ ...image, encode: (layer) => (layer === top ? base : layer) });
  const cases: [what: string, archive: Buffer, message: RegExp][] = [
    ['nothing at all', Buffer.alloc(0), /neither manifest.json nor index.json/],
    ['text', Buffer.from('hello '.repeat(1000)), /not a tar file/],
    ['cut off', good.subarray(0, good.length / 2), /cut off|neither manifest/],
    ['a broken gzip', gzipSync(good).subarray(0, 200), /./],
    ['a blob that is not its digest', wrongBlob, /digest/],
    [
      'no JSON',
      Buffer.concat([tarMember('manifest.json', '{'), tarEnd()]),
      /manifest.json is not valid JSON/,
    ],
    ['the wrong shape', manifest([{ Config: 1 }]), /manifest.json: 0.Config/],
    [
      'a file of the host',
      manifest([{ Config: '../../etc/passwd', Layers: [] }]),
      /no file "..\/..\/etc\/passwd"/,
    ],
    ['a layer of another digest', otherLayer, /its image says/],
    [
      'a layer that writes outside',
      dockerArchive({ names: ['x'], layers: [base, tar({ name: '../../escaped' })] }),
      /leads out of the layer/,
    ],
    ['a bad name', dockerArchive({ ...image, names: ['Bad Name'] }), /invalid reference format/],
  ];
  using store = testStore();
  for (const [what, archive, message] of cases) {
    await assert.rejects(
      store.images.load(streamOf(archive), quiet()),
      (error: EngineError) => message.test(error.message) && error.kind === 'invalid-parameter',
      what,
    );
    assertEmpty(store.path);
  }
  assert.equal(existsSync(join(store.path, '..', 'escaped')), false);
  await store.images.load(streamOf(good), quiet());
});

test('aborting a load leaves nothing', needsRoot, async () => {
  using store = testStore();
  const controller = new AbortController();
  const archive = dockerArchive(image);
  const stuck = async function* (): AsyncGenerator<Buffer> {
    yield archive.subarray(0, archive.length - 3000);
    setImmediate(() => controller.abort(new Error('cancelled by the user')));
    await new Promise(() => undefined);
  };
  const load = store.images.load(Readable.from(stuck()), { ...quiet(), signal: controller.signal });
  await assert.rejects(load, /cancelled by the user/);
  assertEmpty(store.path);
});

test('a daemon killed in the middle of a load leaves the old state', needsRoot, async () => {
  using store = testStore();
  await store.images.load(streamOf(dockerArchive({ names: ['kept'], layers: [base] })), quiet());
  const before = [layerDirectories(store.path), blobs(store.path).sort()];
  using temp = tempDirectory();
  const big = tar({ name: 'zeros', content: Buffer.alloc(4 * 1024 * 1024) });
  writeFileSync(join(temp.path, 'archive.tar'), dockerArchive({ names: ['new'], layers: [base, top, big] }));
  // Dies by its own hand as soon as the second layer is being unpacked: no clean-up of any kind runs.
  const script = `
    import { createReadStream } from 'node:fs';
    import { createImages } from ${JSON.stringify(join(import.meta.dirname, 'images.ts'))};
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const [, archive, dataRoot, archiverPath] = process.argv;
    const images = createImages({ dataRoot, archiverPath, logger });
    const onProgress = ({ status }) => { if (status === 'Loading layer') process.kill(process.pid, 'SIGKILL'); };
    await images.load(createReadStream(archive), { signal: new AbortController().signal, onProgress });
  `;
  assert.throws(() =>
    execFileSync(process.execPath, ['-e', script, join(temp.path, 'archive.tar'), store.path, archiverPath]),
  );
  assert.notDeepEqual(
    [layerDirectories(store.path), blobs(store.path).sort()],
    before,
    'it was in the middle',
  );

  const images = store.reopen();
  await images.reconcile(new Set());
  assert.deepEqual([layerDirectories(store.path), blobs(store.path).sort()], before);
  assert.deepEqual(
    (await images.list()).flatMap(({ repoTags }) => repoTags),
    ['kept:latest'],
  );
  assert.equal(readdirSync(join(store.path, 'overlay2/l')).length, 1);
});

test('import makes an image of one layer with the changes applied', needsRoot, async () => {
  using store = testStore();
  const imported = await store.images.import(streamOf(gzipSync(base)), {
    repository: 'my/root',
    tag: 'v1',
    message: 'from a test',
    changes: ['CMD ["sh"]', 'ENV A=1'],
    signal: new AbortController().signal,
  });
  assert.deepEqual(imported.repoTags, ['my/root:v1']);
  assert.deepEqual(imported.config.config, { Cmd: ['sh'], Env: ['A=1'] });
  assert.deepEqual(imported.config.rootfs.diff_ids, [digestOf(base)]);
  const { lower } = await store.images.createContainerLayer('b'.repeat(64), imported.id);
  assert.equal(readFileSync(join(lower[0] ?? '', 'bin/sh'), 'utf8'), 'a shell');
  const [step] = await store.images.history('my/root:v1');
  assert.equal(step?.Comment, 'from a test');
  await assert.rejects(
    store.images.import(streamOf(base), { changes: ['RUN x'], signal: new AbortController().signal }),
    { message: 'run is not a valid change command' },
  );
});
