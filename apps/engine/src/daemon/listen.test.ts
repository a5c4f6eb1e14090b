import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createApiServer } from '../http/server.ts';
import { createFakeEngine } from '../testing/fake-engine.ts';
import { listen } from './listen.ts';

const plain = {
  hosts: [],
  group: '0',
  tls: undefined,
  tlsverify: undefined,
  tlscacert: undefined,
  tlscert: undefined,
  tlskey: undefined,
};
const ignore = () => undefined;
const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

async function withApi(
  use: (directory: string, api: Awaited<ReturnType<typeof createApiServer>>) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'berth-listen-'));
  const api = await createApiServer({ engine: createFakeEngine(), logger, version: '0.1.0' });
  try {
    await use(directory, api);
  } finally {
    await api.close();
    await rm(directory, { recursive: true });
  }
}

const root = process.getuid?.() === 0 ? false : 'needs root to give the socket to root';

test('a unix socket is for root and the group, goes away at the end, and cuts hijacked clients', {
  skip: root,
}, async () => {
  await withApi(async (directory, api) => {
    const socketPath = path.join(directory, 'deep/api.sock');
    const listener = await listen(`unix://${socketPath}`, plain, api);
    assert.equal((await stat(socketPath)).mode & 0o777, 0o660);
    const client = net.connect(socketPath);
    client.write(
      'POST /containers/web/attach?stream=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
    );
    await once(client, 'data');
    const closed = once(client, 'close');
    await listener[Symbol.asyncDispose]();
    await closed;
    await assert.rejects(stat(socketPath), { code: 'ENOENT' });
  });
});

test('a socket left by a crash is replaced, a living one and another file are not', {
  skip: root,
}, async () => {
  await withApi(async (directory, api) => {
    const socketPath = path.join(directory, 'api.sock');
    const script = `import net from 'node:net'; net.createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`;
    assert.throws(() => execFileSync(process.execPath, ['--input-type=module', '-e', script]));
    assert.ok((await stat(socketPath)).isSocket());
    await using _listener = await listen(`unix://${socketPath}`, plain, api);
    await assert.rejects(listen(`unix://${socketPath}`, plain, api), /another process listens/);
    const file = path.join(directory, 'file');
    await writeFile(file, 'keep');
    await assert.rejects(listen(`unix://${file}`, plain, api), /is not a socket/);
    assert.equal(await readFile(file, 'utf8'), 'keep');
  });
});

test('TCP without TLS needs to be asked for', async () => {
  await withApi(async (_directory, api) => {
    await assert.rejects(listen('tcp://127.0.0.1:0', plain, api), /gives root/);
    await using _listener = await listen('tcp://127.0.0.1:0', { ...plain, tlsverify: false }, api);
    await assert.rejects(listen('tcp://127.0.0.1:0', { ...plain, tls: true }, api), /lets everybody in/);
    await assert.rejects(listen('tcp://nowhere', plain, api), /expected tcp/);
    await assert.rejects(listen('fd://', plain, api), /expected unix/);
  });
});

const openssl = hasOpenssl() ? false : 'openssl is not installed';

test('mutual TLS lets in only who has a certificate of the authority', { skip: openssl }, async () => {
  await withApi(async (directory, api) => {
    const files = makeCertificate(directory);
    const port = await freePort();
    await using _listener = await listen(
      `tcp://127.0.0.1:${port}`,
      { ...plain, tlsverify: true, ...files },
      api,
    );
    const ca = await readFile(files.tlscacert);
    const [cert, key] = [await readFile(files.tlscert), await readFile(files.tlskey)];
    const ping = async (identity: object): Promise<number | undefined> => {
      const request = https.get({
        host: '127.0.0.1',
        port,
        path: '/_ping',
        ca,
        servername: 'localhost',
        agent: false,
        ...identity,
      });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    assert.equal(await ping({ cert, key }), 200);
    await assert.rejects(ping({}));
  });
});

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** One self-signed certificate serves as authority, server and client. */
function makeCertificate(directory: string): { tlscacert: string; tlscert: string; tlskey: string } {
  const cert = path.join(directory, 'cert.pem');
  const key = path.join(directory, 'key.pem');
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
      ],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  return { tlscacert: cert, tlscert: cert, tlskey: key };
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
