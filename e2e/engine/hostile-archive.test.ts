/** Archives made to harm: refused with a sentence or confined; nothing outside is written, nothing half-made stays. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PrivateBerthd } from '../lib/private-berthd.ts';
import { type Docker, dockerOf } from './command-line.ts';
import { dockerArchive, sha256, type TarEntry, tar } from './tar.ts';

let berthd: PrivateBerthd;
let docker: Docker;
let outside: string;
let untouched: string[];
before(async () => {
  berthd = await PrivateBerthd.start();
  docker = dockerOf(berthd);
  outside = join(berthd.directory, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'keep'), 'kept\n');
  untouched = await stored();
});
after(async () => {
  await berthd[Symbol.asyncDispose]();
});

/** Everything the image store holds: blobs, layers, whatever is on the way. */
async function stored(): Promise<string[]> {
  const found = await Promise.all(
    ['content/blobs/sha256', 'content/ingest', 'overlay2', 'overlay2/l'].map((directory) =>
      readdir(join(berthd.dataRoot, directory)),
    ),
  );
  return found.flat().sort();
}

async function load(archive: Buffer): Promise<{ code: number; stderr: string; stdout: string }> {
  const file = join(berthd.directory, 'archive');
  await writeFile(file, archive);
  return berthd.docker('load', '-i', file);
}

async function refuses(archive: Buffer, message: RegExp): Promise<void> {
  const { code, stderr } = await load(archive);
  assert.equal(code, 1);
  assert.match(stderr, /^Error response from daemon: /);
  assert.match(stderr, message);
  assert.deepEqual(await stored(), untouched);
  assert.deepEqual(await readdir(outside), ['keep']);
}

const climb = (): string => `${'../'.repeat(20)}${outside.slice(1)}`;
const file = (name: string, content = 'x'): TarEntry => ({ name, content });
const link = (name: string, target: string): TarEntry => ({ name, type: '2', link: target });

const layers: [title: string, entries: () => TarEntry[], message: RegExp][] = [
  ['a name that climbs', () => [file(`${climb()}/a`)], /refusing the name ".*leads out of the layer/],
  ['a name that climbs later', () => [file(`a/b/${climb()}/a`)], /leads out of the layer/],
  ['a whiteout that climbs', () => [file(`${climb()}/.wh.keep`, '')], /leads out of the layer/],
  ['a whiteout of ".."', () => [file('.wh...', '')], /whiteout "\.wh\.\.\.": it names no file/],
  ['a link that climbs', () => [link('l', climb())], /symbolic link "l": .*leads out of the layer/],
  ['a file through a link', () => [link('l', outside), file('l/a')], /cannot unpack into l/],
  [
    'a directory through a link',
    () => [link('l', outside), { name: 'l/d', type: '5' }],
    /cannot unpack into l/,
  ],
  ['a whiteout through a link', () => [link('l', outside), file('l/.wh.keep', '')], /cannot unpack into l/],
  [
    'an opaque mark through a link',
    () => [link('l', outside), file('l/.wh..wh..opq', '')],
    /cannot unpack into l/,
  ],
  ['a hard link out', () => [{ name: 'h', type: '1', link: `${climb()}/keep` }], /leads out of the layer/],
  [
    'a hard link through a link',
    () => [link('l', outside), { name: 'h', type: '1', link: 'l/keep' }, file('h', 'overwritten')],
    /'l\/keep' does not exist/,
  ],
  ['the root as a link', () => [link('.', outside), file('a')], /the root must be a directory/],
  ['the root as a file', () => [file('.')], /the root must be a directory/],
  [
    'a name of a megabyte',
    () => [file('n'.repeat(1 << 20))],
    /cannot unpack the layer: .*(longer than|[Nn]ame|tar)/,
  ],
  ['a path of many parts', () => [file('d/'.repeat(3000))], /longer than 4095 bytes/],
];
for (const [title, entries, message] of layers)
  test(title, async () => {
    await refuses(dockerArchive(tar(entries())), message);
  });

const layer = tar([file('fine')]);
const config = (diffIds: unknown): object => ({ rootfs: { type: 'layers', diff_ids: diffIds }, config: {} });
const archives: [title: string, archive: () => Buffer, message: RegExp][] = [
  [
    'a layer outside the archive',
    () => dockerArchive(layer, { layers: [`${climb()}/keep`] }),
    /has no file ".*keep"/,
  ],
  [
    'a layer of the host',
    () => dockerArchive(layer, { layers: [`${outside}/keep`] }),
    /has no file ".*keep"/,
  ],
  [
    'a config of the host',
    () => dockerArchive(layer, { manifest: hostConfig() }),
    /has no file "\/etc\/passwd"/,
  ],
  ['a config that is not JSON', () => dockerArchive(layer, { config: 'hello{' }), /config is not valid JSON/],
  ['a config that is a list', () => dockerArchive(layer, { config: [] }), /image config: .*expected object/],
  [
    'a config without layers',
    () => dockerArchive(layer, { config: config([]) }),
    /image has 1 layers, its config names 0/,
  ],
  [
    'a digest that climbs',
    () => dockerArchive(layer, { config: config(['../../x']) }),
    /diff_ids.0: not a sha256 digest/,
  ],
  [
    'a layer that is not what the config says',
    () => dockerArchive(layer, { config: config([sha256('other')]) }),
    /the layer has the diff id sha256:\w+, its image says sha256:/,
  ],
  ['a manifest that is not JSON', () => dockerArchive(layer, { manifest: '[{' }), /manifest.json/],
  [
    'a manifest that is an object',
    () => dockerArchive(layer, { manifest: {} }),
    /manifest.json: .*expected array/,
  ],
  [
    'a name that is no reference',
    () => dockerArchive(layer, { tag: '../../UP:1' }),
    /invalid reference format/,
  ],
  ['no manifest', () => tar([file('a')]), /neither manifest.json nor index.json/],
  ['nothing', () => Buffer.alloc(0), /neither manifest.json nor index.json|cut off/],
  ['noise', () => Buffer.from(sha256('noise').repeat(200)), /not a tar file/],
  ['half a tar', () => dockerArchive(layer).subarray(0, 2000), /cut off/],
  ['half a gzip', () => gzipSync(dockerArchive(layer)).subarray(0, 300), /unexpected end of file/],
  ['a size that lies', () => tar([{ name: 'manifest.json', content: '[]', size: 8 ** 11 - 1 }]), /cut off/],
  ['half a layer', () => dockerArchive(layer.subarray(0, 700), {}), /cannot unpack the layer|cut off/],
];
for (const [title, archive, message] of archives)
  test(`an archive with ${title}`, async () => {
    await refuses(archive(), message);
  });

const hostConfig = (): object[] => [
  { Config: '/etc/passwd', RepoTags: ['hostile:1'], Layers: ['layer.tar'] },
];

test('an OCI layout whose blob is not what its name says', async () => {
  const manifest = JSON.stringify({ schemaVersion: 2, config: {}, layers: [] });
  const index = (digest: string): Buffer =>
    tar([
      file('oci-layout', '{"imageLayoutVersion":"1.0.0"}'),
      file(
        'index.json',
        JSON.stringify({ schemaVersion: 2, manifests: [{ digest, size: manifest.length }] }),
      ),
      file(`blobs/sha256/${sha256('other').slice('sha256:'.length)}`, manifest),
    ]);
  await refuses(index(sha256('other')), /content has the digest sha256:\w+, expected sha256:|size/);
  await refuses(index('sha256:../../../../etc/passwd'), /not a sha256 digest|digest/);
});

test('absolute names and devices stay in the layer', async () => {
  const entries: TarEntry[] = [
    file(`${outside}/absolute`),
    link('etc/link', `${outside}/keep`),
    file('etc/link', 'in place of the link'),
    { name: 'dev/disk', type: '4', device: [8, 0] },
  ];
  const { stderr, code } = await load(dockerArchive(tar(entries), { tag: 'confined:latest' }));
  assert.equal(code, 0, stderr);
  assert.deepEqual(await readdir(outside), ['keep']);
  assert.equal(await readFile(join(outside, 'keep'), 'utf8'), 'kept\n');
  await docker('rmi', 'confined');
  assert.deepEqual(await stored(), untouched);
});

test('import refuses the same', async () => {
  const archive = join(berthd.directory, 'root.tar');
  await writeFile(archive, tar([link('l', outside), file('l/a')]));
  const { code, stderr } = await berthd.docker('import', archive, 'hostile:latest');
  assert.equal(code, 1);
  assert.match(stderr, /cannot unpack into l/);
  assert.deepEqual(await readdir(outside), ['keep']);
  assert.deepEqual(await stored(), untouched);
});

test('berthd is fine', async () => {
  assert.equal(await docker('run', '--rm', 'busybox', 'echo', 'fine'), 'fine');
  assert.equal(await docker('images', '--format', '{{.Repository}}:{{.Tag}}'), 'busybox:latest');
});
