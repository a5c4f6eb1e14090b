import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Digest, digestOf } from '../digest.ts';
import { hostPlatform } from '../platform.ts';
import {
  dockerArchive,
  isRoot,
  quiet,
  recorded,
  type TestStore,
  tar,
  tempDirectory,
  testStore,
} from '../test-support.ts';

const hasTools = ['docker-registry', 'skopeo'].every(
  (tool) => spawnSync(tool, ['--version']).error === undefined,
);
const options = !isRoot
  ? { skip: 'needs root' }
  : hasTools
    ? {}
    : { skip: 'needs the Debian packages docker-registry and skopeo' };
const rootOnly = isRoot ? {} : { skip: 'needs root' };

const assertEmpty = ({ path }: TestStore): void => {
  const names = (directory: string): string[] => readdirSync(join(path, directory));
  assert.deepEqual(
    [names('content/blobs/sha256'), names('content/ingest'), names('overlay2').sort(), names('overlay2/l')],
    [[], [], ['.trash', 'empty', 'l'], []],
  );
};

const freePort = async (): Promise<number> => {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** The real Distribution registry on a port of its own. */
const startRegistry = async (): Promise<{ host: string } & AsyncDisposable> => {
  const temp = tempDirectory();
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(temp.path, 'config.yml');
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: info}\nstorage: {filesystem: {rootdirectory: ${temp.path}/data}}\nhttp: {addr: "${host}"}\n`,
  );
  const child: ChildProcess = spawn('docker-registry', ['serve', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  assert.ok(child.stderr);
  for await (const line of createInterface({ input: child.stderr })) if (line.includes('listening on')) break;
  child.stderr.resume();
  return {
    host,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
      temp[Symbol.dispose]();
    },
  };
};

const layers = [
  tar({ name: 'bin/', type: '5' }, { name: 'bin/sh', content: 'a shell' }),
  tar({ name: 'etc/motd', content: 'hello' }),
];

const push = (host: string, name: string): void => {
  using temp = tempDirectory();
  const file = join(temp.path, 'image.tar');
  writeFileSync(file, dockerArchive({ names: ['pushed:1'], layers }));
  execFileSync('skopeo', [
    ...['--insecure-policy', 'copy', '--quiet', '--dest-tls-verify=false'],
    ...[`docker-archive:${file}`, `docker://${host}/${name}`],
  ]);
};

test('pull from the real registry: progress, digests, and once only', options, async () => {
  await using registry = await startRegistry();
  push(registry.host, 'team/app:1');
  using store = testStore();
  const name = `${registry.host}/team/app`;
  const first = recorded();
  const image = await store.images.pull(`${name}:1`, first);
  assert.deepEqual(image.repoTags, [`${name}:1`]);
  const statuses = first.messages.map(({ status }) => status ?? '');
  assert.deepEqual(first.messages[0], { status: 'Pulling from team/app', id: '1' });
  assert.equal(statuses.at(-1), `Status: Downloaded newer image for ${name}:1`);
  const digest = /^Digest: (sha256:[0-9a-f]{64})$/.exec(statuses.at(-2) ?? '')?.[1];
  assert.deepEqual(image.repoDigests, [`${name}@${digest}`]);
  for (const status of ['Pulling fs layer', 'Verifying Checksum', 'Download complete', 'Pull complete']) {
    assert.equal(statuses.filter((each) => each === status).length, 2, status);
  }
  assert.ok(
    first.messages.some(({ status, progressDetail }) => status === 'Extracting' && progressDetail?.total),
  );

  const second = recorded();
  await store.images.pull(`${name}:1`, second);
  const again = second.messages.map(({ status }) => status);
  assert.equal(again.filter((status) => status === 'Already exists').length, 2);
  assert.equal(again.at(-1), `Status: Image is up to date for ${name}:1`);
  assert.equal((await store.images.pull(`${name}@${digest}`, quiet())).id, image.id);

  await assert.rejects(store.images.pull(`${name}:nope`, quiet()), {
    kind: 'not-found',
    message: `manifest for ${name}:nope not found: manifest unknown: manifest unknown`,
  });
});

test('an index gives the image of the platform asked for', options, async () => {
  await using registry = await startRegistry();
  push(registry.host, 'multi:plain');
  const base = `http://${registry.host}/v2/multi/manifests`;
  const accept = 'application/vnd.docker.distribution.manifest.v2+json';
  const answer = await fetch(`${base}/plain`, { headers: { accept } });
  const manifest = Buffer.from(await answer.arrayBuffer());
  const entry = { mediaType: accept, digest: digestOf(manifest), size: manifest.length };
  const mediaType = 'application/vnd.docker.distribution.manifest.list.v2+json';
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    manifests: [{ ...entry, platform: hostPlatform }],
  });
  await fetch(`${base}/latest`, { method: 'PUT', headers: { 'content-type': mediaType }, body: index });
  using store = testStore();
  const name = `${registry.host}/multi`;
  const image = await store.images.pull(name, quiet());
  assert.deepEqual(image.repoDigests, [`${name}@${digestOf(index)}`]);
  await assert.rejects(store.images.pull(name, { ...quiet(), platform: 'linux/sparc' }), {
    kind: 'not-found',
    message: 'no matching manifest for linux/sparc in the manifest list entries',
  });
  await assert.rejects(store.images.pull(name, { ...quiet(), platform: 'a/b/c/d' }), {
    kind: 'invalid-parameter',
  });
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const serve = async (handler: Handler): Promise<{ host: string; requests: string[] } & AsyncDisposable> => {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(`${request.url} ${request.headers.authorization ?? '-'}`);
    handler(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

/** The documents of an image for a server that is made up. */
const makeImage = (content = layers): { manifest: Buffer; blobs: Map<Digest, Buffer> } => {
  const blobs = new Map<Digest, Buffer>();
  const add = (data: Buffer, mediaType: string): object => {
    blobs.set(digestOf(data), data);
    return { mediaType, digest: digestOf(data), size: data.length };
  };
  const config = {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: content.map(digestOf) },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: add(Buffer.from(JSON.stringify(config)), 'application/vnd.oci.image.config.v1+json'),
    layers: content.map((layer) => add(gzipSync(layer), 'application/vnd.oci.image.layer.v1.tar+gzip')),
  };
  return { manifest: Buffer.from(JSON.stringify(manifest)), blobs };
};

const blobIn = (url: string | undefined): Digest => `sha256:${/sha256:([0-9a-f]{64})/.exec(url ?? '')?.[1]}`;

test(
  'credentials go to the token service, tokens to the registry, neither to where it redirects',
  rootOnly,
  async () => {
    const { manifest, blobs } = makeImage();
    await using cdn = await serve((request, response) => response.end(blobs.get(blobIn(request.url))));
    await using registry = await serve((request, response) => {
      const url = request.url ?? '';
      if (url.startsWith('/token')) return response.end('{"token":"secret-token"}');
      if (request.headers.authorization !== 'Bearer secret-token') {
        const realm = `http://${request.headers.host}/token`;
        const scope = 'repository:private/app:pull';
        response.writeHead(401, {
          'www-authenticate': `Bearer realm="${realm}",service="reg",scope="${scope}"`,
        });
        return response.end();
      }
      if (url.includes('/manifests/')) return response.end(manifest);
      response.writeHead(307, { location: `http://${cdn.host}${url}` });
      response.end();
    });
    using store = testStore();
    const auth = { username: 'me', password: 'pass' };
    await store.images.pull(`${registry.host}/private/app`, { ...quiet(), auth });
    const basic = `Basic ${Buffer.from('me:pass').toString('base64')}`;
    const token = registry.requests.filter((line) => line.startsWith('/token'));
    assert.deepEqual(token, [`/token?service=reg&scope=repository%3Aprivate%2Fapp%3Apull ${basic}`]);
    assert.equal(registry.requests.filter((line) => line.endsWith(basic)).length, 1);
    assert.equal(cdn.requests.length, 3);
    assert.ok(
      cdn.requests.every((line) => line.endsWith(' -')),
      'no credentials',
    );
  },
);

test('refusals come in the words of Docker', rootOnly, async () => {
  let status = 401;
  let challenge: string | undefined;
  let body = '';
  await using registry = await serve((_, response) => {
    response.writeHead(status, challenge === undefined ? {} : { 'www-authenticate': challenge });
    response.end(body);
  });
  using store = testStore();
  const pull = (): Promise<unknown> => store.images.pull(`${registry.host}/x`, quiet());
  challenge = 'Basic realm="r"';
  await assert.rejects(pull(), { kind: 'unauthorized', message: /no basic auth credentials$/ });
  challenge = undefined;
  body = '{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}';
  const denied = `pull access denied for ${registry.host}/x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`;
  await assert.rejects(pull(), { kind: 'not-found', message: denied });
  status = 429;
  body = '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}';
  await assert.rejects(pull(), { kind: 'unavailable', message: 'toomanyrequests: slow down' });
  status = 200;
  body = '<html>';
  await assert.rejects(pull(), { kind: 'invalid-parameter', message: /not valid JSON/ });
  body = '{"schemaVersion":1}';
  await assert.rejects(pull(), { kind: 'invalid-parameter', message: /schema version 1/ });
  body = '{"schemaVersion":2,"config":{"digest":"sha256:../../x","size":1},"layers":[]}';
  await assert.rejects(pull(), { kind: 'invalid-parameter', message: /config.digest: not a sha256 digest/ });
  assertEmpty(store);
});

test('a broken connection is taken up where it broke', rootOnly, async () => {
  const { manifest, blobs } = makeImage([tar({ name: 'big', content: Buffer.alloc(100_000, 'x') })]);
  const ranges: string[] = [];
  await using registry = await serve((request, response) => {
    if (request.url?.includes('/manifests/')) return response.end(manifest);
    const blob = blobs.get(blobIn(request.url)) ?? Buffer.alloc(0);
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (request.headers.range !== undefined) ranges.push(request.headers.range);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': blob.length - from });
    if (from > 0) return response.end(blob.subarray(from));
    response.write(blob.subarray(0, 100), () => response.destroy());
  });
  using store = testStore();
  await store.images.pull(`${registry.host}/x`, quiet());
  assert.deepEqual(ranges, ['bytes=100-', 'bytes=100-'], 'config and layer');
});

test('content that is not what the manifest says is refused and leaves nothing', rootOnly, async () => {
  const { manifest, blobs } = makeImage();
  await using registry = await serve((request, response) => {
    if (request.url?.includes('/manifests/')) return response.end(manifest);
    const blob = Buffer.from(blobs.get(blobIn(request.url)) ?? '');
    if (blob[0] === 0x1f) blob[blob.length - 1] = 1;
    response.end(blob);
  });
  using store = testStore();
  await assert.rejects(store.images.pull(`${registry.host}/x`, quiet()), { message: /has the digest/ });
  assertEmpty(store);
});

test('pulls at the same time share downloads; cancelling one does not harm the other', rootOnly, async () => {
  const { manifest, blobs } = makeImage();
  const downloads = new Map<Digest, number>();
  const held: (() => void)[] = [];
  let waiting = Promise.withResolvers<void>();
  await using registry = await serve((request, response) => {
    if (request.url?.includes('/manifests/')) return response.end(manifest);
    const digest = blobIn(request.url);
    const blob = blobs.get(digest) ?? Buffer.alloc(0);
    downloads.set(digest, (downloads.get(digest) ?? 0) + 1);
    if (blob[0] !== 0x1f) return response.end(blob);
    response.write(blob.subarray(0, 10));
    held.push(() => response.end(blob.subarray(10)));
    if (held.length === 2) waiting.resolve();
  });
  using store = testStore();
  const controller = new AbortController();
  const cancelled = store.images.pull(`${registry.host}/x`, { ...quiet(), signal: controller.signal });
  await waiting.promise;
  // Two more wait for the same layers; one of them has to go on when the first is cancelled.
  const others = ['second', 'third'].map((tag) => {
    const joined = Promise.withResolvers<void>();
    let seen = 0;
    const onProgress = ({ status }: { status?: string }): void => {
      if (status === 'Pulling fs layer' && ++seen === 2) joined.resolve();
    };
    return {
      joined: joined.promise,
      pull: store.images.pull(`${registry.host}/x:${tag}`, { ...quiet(), onProgress }),
    };
  });
  await Promise.all(others.map(({ joined }) => joined));
  waiting = Promise.withResolvers<void>();
  held.length = 0;
  controller.abort(new Error('cancelled by the user'));
  await assert.rejects(cancelled, /cancelled by the user/);
  await waiting.promise;
  for (const release of held) release();
  const [image] = await Promise.all(others.map(({ pull }) => pull));
  const { repoTags } = await store.images.get(image?.id ?? '');
  assert.deepEqual(repoTags, [`${registry.host}/x:second`, `${registry.host}/x:third`]);
  assert.deepEqual([...downloads.values()].sort(), [1, 2, 2], 'config once, each layer once more');
});

test('cancelling the only pull leaves nothing', rootOnly, async () => {
  const { manifest, blobs } = makeImage();
  const controller = new AbortController();
  await using registry = await serve((request, response) => {
    if (request.url?.includes('/manifests/')) return response.end(manifest);
    const blob = blobs.get(blobIn(request.url)) ?? Buffer.alloc(0);
    if (blob[0] !== 0x1f) return response.end(blob);
    response.write(blob.subarray(0, 10), () => controller.abort(new Error('cancelled by the user')));
  });
  using store = testStore();
  const pull = store.images.pull(`${registry.host}/x`, { ...quiet(), signal: controller.signal });
  await assert.rejects(pull, /cancelled by the user/);
  assertEmpty(store);
});

test('a mirror is asked before Docker Hub and gets no credentials', rootOnly, async () => {
  const { manifest, blobs } = makeImage();
  await using mirror = await serve((request, response) => {
    response.end(request.url?.includes('/manifests/') ? manifest : blobs.get(blobIn(request.url)));
  });
  using store = testStore({ registryMirrors: [`http://${mirror.host}`] });
  const image = await store.images.pull('busybox', {
    ...quiet(),
    auth: { username: 'me', password: 'pass' },
  });
  assert.deepEqual(image.repoTags, ['busybox:latest']);
  assert.equal(mirror.requests[0], '/v2/library/busybox/manifests/latest -');
  assert.ok(mirror.requests.every((line) => line.endsWith(' -')));
});
