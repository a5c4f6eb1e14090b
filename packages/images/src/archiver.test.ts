import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { createArchiver } from './archiver.ts';
import { archiverPath, needsRoot, streamOf, tar, tempDirectory } from './test-support.ts';

const archiver = createArchiver(archiverPath);
const signal = new AbortController().signal;

const unpack = async (root: string, data: Buffer, lower: string[] = []): Promise<string> => {
  const directory = mkdtempSync(join(root, 'layer-'));
  await archiver.unpack({ input: streamOf(data), directory, lower, signal });
  return directory;
};

/** What stands beside the layers, to prove that nothing was written there. */
const listing = (root: string): string[] => readdirSync(root).filter((name) => !name.startsWith('layer-'));

const hostile: [what: string, entries: Parameters<typeof tar>, expected: RegExp][] = [
  ['a name with ..', [{ name: '../escaped' }], /leads out of the layer/],
  ['a name with .. in the middle', [{ name: 'a/../../escaped' }], /leads out of the layer/],
  ['an absolute name with ..', [{ name: '/../escaped' }], /leads out of the layer/],
  ['a pax name with ..', [{ name: 'x', pax: { path: 'a/../../../escaped' } }], /leads out of the layer/],
  [
    'a symbolic link that climbs out',
    [{ name: 'a', type: '2', link: '../escaped' }],
    /leads out of the layer/,
  ],
  [
    'a symbolic link that climbs out from a directory',
    [{ name: 'a/b', type: '2', link: '../../escaped' }],
    /leads out of the layer/,
  ],
  ['a hard link with ..', [{ name: 'a', type: '1', link: '../victim' }], /leads out of the layer/],
  ['a hard link to a file of the host', [{ name: 'a', type: '1', link: '/etc/passwd' }], /does not exist/],
  [
    'a hard link through a symbolic link to a file of the host',
    [
      { name: 'etc', type: '2', link: '/etc' },
      { name: 'a', type: '1', link: 'etc/passwd' },
    ],
    /cannot unpack a/,
  ],
  [
    'writing through a symbolic link to a directory of the host',
    [
      { name: 'out', type: '2', link: '/tmp' },
      { name: 'out/escaped', content: 'x' },
    ],
    /cannot unpack into out: it is not a directory/,
  ],
  ['a file below a file', [{ name: 'a' }, { name: 'a/b' }], /not a directory/],
  ['a whiteout of the parent', [{ name: 'a/.wh...' }], /names no file/],
  ['an overlong part', [{ name: 'x', pax: { path: 'y'.repeat(300) } }], /longer than 255 bytes/],
  ['an overlong name', [{ name: 'x', pax: { path: 'yyyy/'.repeat(1000) } }], /longer than 4095 bytes/],
];

for (const [what, entries, expected] of hostile) {
  test(`unpack refuses ${what} and writes nothing outside`, needsRoot, async () => {
    using temp = tempDirectory();
    writeFileSync(join(temp.path, 'victim'), 'untouched');
    await assert.rejects(unpack(temp.path, tar(...entries)), {
      message: expected,
      kind: 'invalid-parameter',
    });
    assert.deepEqual(listing(temp.path), ['victim']);
    assert.equal(existsSync('/tmp/escaped'), false);
  });
}

test('an absolute name lands inside the layer, also through an absolute link', needsRoot, async () => {
  using temp = tempDirectory();
  const layer = await unpack(
    temp.path,
    tar(
      { name: '/etc/berth-test', content: 'inside' },
      { name: 'link', type: '2', link: '/etc' },
      { name: 'link/second', content: 'inside too' },
    ),
  );
  assert.equal(readFileSync(join(layer, 'etc/berth-test'), 'utf8'), 'inside');
  assert.equal(readFileSync(join(layer, 'etc/second'), 'utf8'), 'inside too');
  assert.equal(existsSync('/etc/berth-test'), false);
  assert.equal(existsSync('/etc/second'), false);
});

test('a later entry replaces a link instead of following it', needsRoot, async () => {
  using temp = tempDirectory();
  writeFileSync(join(temp.path, 'victim'), 'untouched');
  const layer = await unpack(
    temp.path,
    tar(
      { name: 'a', type: '2', link: '/etc/hostname' },
      { name: 'a', content: 'new' },
      { name: 'dir/file' },
      { name: 'dir', content: 'now a file' },
    ),
  );
  assert.equal(lstatSync(join(layer, 'a')).isFile(), true);
  assert.equal(readFileSync(join(layer, 'dir'), 'utf8'), 'now a file');
});

test('what is no tar, or cut off, is refused', needsRoot, async () => {
  using temp = tempDirectory();
  await assert.rejects(unpack(temp.path, Buffer.from('this is no tar at all'.repeat(100))), {
    message: /cannot read the tar/,
  });
  const whole = tar({ name: 'a', content: 'x'.repeat(5000) });
  await assert.rejects(unpack(temp.path, whole.subarray(0, 3000)), { message: /cannot read a in the tar/ });
});

test('an empty layer is a layer', needsRoot, async () => {
  using temp = tempDirectory();
  assert.deepEqual(readdirSync(await unpack(temp.path, Buffer.alloc(1024))), []);
});

test('whiteouts hide what is below on a real overlay, and pack as they came', needsRoot, async () => {
  using temp = tempDirectory();
  const lower = await unpack(
    temp.path,
    tar(
      { name: 'gone', content: '1' },
      { name: 'kept', content: '2' },
      { name: 'opaque/old', content: '3' },
      { name: 'replaced/old', content: '4' },
    ),
  );
  const upperTar = tar(
    { name: '.wh.gone' },
    { name: 'opaque/', type: '5' },
    { name: 'opaque/.wh..wh..opq' },
    { name: 'opaque/new', content: '5' },
    { name: '.wh.replaced' },
    { name: 'replaced/', type: '5' },
    { name: 'replaced/new', content: '6' },
    { name: '.wh..wh.plnk/ignored' },
  );
  const upper = await unpack(temp.path, upperTar, [lower]);
  const copy = join(temp.path, 'copy');
  mkdirSync(copy);
  assert.equal(await archiver.copyFromLayers({ lower: [upper, lower], path: '/', destination: copy }), true);
  const seen = readdirSync(copy, { recursive: true, encoding: 'utf8' }).sort();
  assert.deepEqual(seen, ['kept', 'opaque', 'opaque/new', 'replaced', 'replaced/new']);

  const packed = await buffer(archiver.pack(upper));
  const again = await unpack(temp.path, packed, [lower]);
  assert.deepEqual(await buffer(archiver.pack(again)), packed);
  const names = execFileSync('tar', ['tf', '-'], { input: packed, encoding: 'utf8' }).trim().split('\n');
  assert.deepEqual(names.sort(), [
    '.wh.gone',
    'opaque/',
    'opaque/.wh..wh..opq',
    'opaque/new',
    'replaced/',
    'replaced/.wh..wh..opq',
    'replaced/new',
  ]);
});

test('directories a layer leaves out look like those below', needsRoot, async () => {
  using temp = tempDirectory();
  const lower = await unpack(
    temp.path,
    tar(
      { name: 'home/', type: '5', mode: 0o711, uid: 7 },
      { name: 'home/user/', type: '5', mode: 0o700, uid: 1000 },
    ),
  );
  const upper = await unpack(temp.path, tar({ name: 'home/user/file', content: 'x' }), [lower]);
  const { mode, uid } = statSync(join(upper, 'home/user'));
  assert.deepEqual([mode & 0o7777, uid], [0o700, 1000]);
  assert.equal(statSync(join(upper, 'home')).mode & 0o7777, 0o711);
});

test('a packed tree comes back the same', needsRoot, async () => {
  using temp = tempDirectory();
  const source = join(temp.path, 'source');
  mkdirSync(join(source, 'd/é'), { recursive: true });
  writeFileSync(join(source, 'd/file'), 'hello');
  linkSync(join(source, 'd/file'), join(source, 'd/hard'));
  symlinkSync('file', join(source, 'd/sym'));
  writeFileSync(join(source, 'sparse'), '');
  truncateSync(join(source, 'sparse'), 64 * 1024 * 1024);
  execFileSync('mknod', [join(source, 'null'), 'c', '1', '3']);
  execFileSync('mkfifo', [join(source, 'fifo')]);
  writeFileSync(Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff, 0xfe])]), 'not utf-8');
  chownSync(join(source, 'd/file'), 33, 44);
  execFileSync('chmod', ['4755', join(source, 'd/file')]);
  utimesSync(join(source, 'd/file'), 0, 1_577_836_800.123_456);

  const target = await unpack(temp.path, await buffer(archiver.pack(source)));
  const file = statSync(join(target, 'd/file'), { bigint: true });
  const original = statSync(join(source, 'd/file'), { bigint: true });
  assert.equal(file.mtimeNs, original.mtimeNs);
  assert.deepEqual([file.uid, file.gid, file.mode & 0o7777n, file.nlink], [33n, 44n, 0o4755n, 2n]);
  assert.equal(file.ino, statSync(join(target, 'd/hard'), { bigint: true }).ino);
  assert.equal(readlinkSync(join(target, 'd/sym')), 'file');
  const sparse = statSync(join(target, 'sparse'));
  assert.equal(sparse.size, 64 * 1024 * 1024);
  assert.ok(sparse.blocks * 512 < 1024 * 1024, 'holes stay holes');
  assert.equal(statSync(join(target, 'null')).rdev, statSync(join(source, 'null')).rdev);
  assert.equal(statSync(join(target, 'fifo')).isFIFO(), true);
  assert.equal(await archiver.usage(target), await archiver.usage(source));
  const [of, missing, more] = await Promise.all(
    [target, join(target, 'missing'), source].map((directory) => archiver.usage(directory)),
  );
  assert.equal(missing, 0, 'removed while the report was made');
  assert.equal(of, more);
});

test('extended attributes survive, file capabilities too', needsRoot, async () => {
  using temp = tempDirectory();
  // VFS_CAP_REVISION_2 with the effective bit, permitted: CAP_NET_BIND_SERVICE.
  const capability = Buffer.alloc(20);
  capability.writeUInt32LE(0x02000001, 0);
  capability.writeUInt32LE(1 << 10, 4);
  const pax = { 'SCHILY.xattr.security.capability': capability, 'SCHILY.xattr.trusted.note': 'a\0b' };
  const layer = await unpack(temp.path, tar({ name: 'ping', mode: 0o755, uid: 7, content: 'x', pax }));
  const packed = await buffer(archiver.pack(layer));
  assert.ok(packed.includes(Buffer.concat([Buffer.from('SCHILY.xattr.security.capability='), capability])));
  assert.ok(packed.includes('SCHILY.xattr.trusted.note=a\0b'));
});

test("overlay's own attributes cannot be brought in by a tar", needsRoot, async () => {
  using temp = tempDirectory();
  const lower = await unpack(temp.path, tar({ name: 'd/seen' }));
  const pax = { 'SCHILY.xattr.trusted.overlay.opaque': 'y' };
  const upper = await unpack(temp.path, tar({ name: 'd/', type: '5', pax }, { name: 'd/new' }), [lower]);
  const destination = mkdtempSync(join(temp.path, 'copy-'));
  await archiver.copyFromLayers({ lower: [upper, lower], path: '/d', destination });
  assert.deepEqual(readdirSync(destination), ['new', 'seen']);
});

test(
  'copyFromLayers keeps owners, stays inside the layers and tells what is missing',
  needsRoot,
  async () => {
    using temp = tempDirectory();
    const layer = await unpack(
      temp.path,
      tar(
        { name: 'data/', type: '5', mode: 0o750, uid: 999 },
        { name: 'data/up', type: '2', link: '../data/file' },
        { name: 'data/file', content: 'x', uid: 999 },
        { name: 'leak', type: '2', link: '/root' },
        { name: 'alias', type: '2', link: '/data' },
      ),
    );
    const copy = async (path: string): Promise<string | false> => {
      const destination = mkdtempSync(join(temp.path, 'copy-'));
      return (await archiver.copyFromLayers({ lower: [layer], path, destination })) && destination;
    };
    const data = await copy('/alias');
    assert.ok(data !== false);
    const root = statSync(data);
    assert.deepEqual([root.mode & 0o777, root.uid, readdirSync(data)], [0o750, 999, ['file', 'up']]);
    assert.equal(await copy('/missing'), false);
    assert.equal(await copy('/data/file'), false);
    assert.equal(await copy('/leak'), false, 'a link is resolved inside the layers, where there is no /root');
    assert.equal(await copy('/../../../../root'), false);
  },
);

test('a tree too deep for any path is measured and removed', needsRoot, async () => {
  using temp = tempDirectory();
  // Three chains of directories, each within the limit, hung one below the other.
  const chain = Array.from({ length: 95 }, () => 'd'.repeat(20)).join('/');
  for (const name of ['deep', 'middle', 'low']) mkdirSync(join(temp.path, name, chain), { recursive: true });
  writeFileSync(join(temp.path, 'low', chain, 'file'), 'abc');
  renameSync(join(temp.path, 'low'), join(temp.path, 'middle', chain, 'low'));
  renameSync(join(temp.path, 'middle'), join(temp.path, 'deep', chain, 'middle'));
  assert.equal(await archiver.usage(join(temp.path, 'deep')), 3);
  await archiver.remove(join(temp.path, 'deep'));
  assert.equal(existsSync(join(temp.path, 'deep')), false);
});

test('aborting ends the archiver', needsRoot, async () => {
  using temp = tempDirectory();
  const controller = new AbortController();
  const endless = async function* (): AsyncGenerator<Buffer> {
    yield tar({ name: 'a', content: 'x' }).subarray(0, 1024);
    controller.abort(new Error('enough'));
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) yield tar({ name: 'b', content: 'x' }).subarray(0, 1024);
  };
  const input = Readable.from(endless(), { objectMode: false });
  const directory = mkdtempSync(join(temp.path, 'layer-'));
  await assert.rejects(archiver.unpack({ input, directory, lower: [], signal: controller.signal }), /enough/);
});
