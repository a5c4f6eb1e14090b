import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { createFakeEngine, lostExec } from '../testing/fake-engine.ts';
import { startTestServer } from '../testing/test-server.ts';
import { frame } from './frame.ts';

const attach = '/containers/web/attach?stream=1&stdin=1&stdout=1';
const upgrade = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
const head = (url: string, headers = '') => `POST ${url} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
const withBody = (url: string, body: string, headers: string) =>
  `${head(url, `${headers}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`)}${body}`;

/** What the server sends until it closes. */
const readAll = async (socket: Socket): Promise<string> =>
  Buffer.concat(await socket.toArray()).toString('latin1');

const framed = (...texts: string[]): string =>
  texts.map((text) => frame('stdout', Buffer.from(text)).toString('latin1')).join('');

const answers = {
  upgraded: (type: string) =>
    `HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.${type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
  plain: (type: string) => `HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.${type}\r\n\r\n`,
};

for (const tty of [false, true]) {
  const type = tty ? 'raw-stream' : 'multiplexed-stream';
  for (const [how, headers] of [
    ['upgraded', upgrade],
    ['plain', ''],
  ] as const) {
    test(`attach, ${how}, ${tty ? 'with' : 'without'} a terminal: bytes both ways and half-close`, async () => {
      await using server = await startTestServer(createFakeEngine({ tty }));
      const socket = await server.connect();
      socket.write(head(attach, headers));
      await once(socket, 'readable');
      // Typed only after the answer, as clients do; then stdin is closed and output still comes.
      socket.end('hello');
      const said = tty ? 'ready\nhellobye\n' : framed('ready\n', 'hello', 'bye\n');
      assert.equal(await readAll(socket), answers[how](type) + said);
    });
  }
}

for (const [how, headers] of [
  ['upgraded', upgrade],
  ['plain', ''],
] as const) {
  test(`exec start, ${how}, has a body and is a pipe after it`, async () => {
    const engine = createFakeEngine();
    await using server = await startTestServer(engine);
    const socket = await server.connect();
    socket.write(
      withBody('/v1.51/exec/abc/start', '{"Detach":false,"Tty":true,"ConsoleSize":[24,80]}', headers),
    );
    await once(socket, 'readable');
    socket.end('id');
    assert.equal(await readAll(socket), `${answers[how]('raw-stream')}ready\nidbye\n`);
    assert.deepEqual(engine.calls, [
      ['startExec', { detach: false, tty: true, consoleSize: { rows: 24, columns: 80 } }],
    ]);
  });
}

test('clients before API 1.42 are told "raw" even for frames', async () => {
  await using server = await startTestServer(createFakeEngine());
  const socket = await server.connect();
  socket.end(head(`/v1.41${attach}`, upgrade));
  assert.equal(await readAll(socket), answers.upgraded('raw-stream') + framed('ready\n', 'bye\n'));
});

test('a refused attach is an ordinary answer, and the connection ends', async () => {
  await using server = await startTestServer(createFakeEngine());
  const socket = await server.connect();
  socket.write(head('/containers/nope/attach?stream=1', upgrade));
  const answer = await readAll(socket);
  assert.match(answer, /^HTTP\/1\.1 404 Not Found\r\n/);
  assert.match(answer, /\{"message":"No such container: nope"\}$/);
});

test('a program that cannot run is told of in the stream, an unknown exec is not', async () => {
  await using server = await startTestServer(createFakeEngine());
  const failing = await server.connect();
  failing.write(withBody('/exec/abc/start', '{"ConsoleSize":[1,1]}', upgrade));
  const text = 'exec: "nosuch": executable file not found in $PATH\r\n';
  assert.equal(await readAll(failing), answers.upgraded('multiplexed-stream') + framed(text));
  const unknown = await server.connect();
  unknown.write(withBody(`/exec/${lostExec}/start`, '{}', upgrade));
  assert.match(await readAll(unknown), /^HTTP\/1\.1 404 /);
});

test('wait answers its headers at once and its body at the end', async () => {
  const engine = createFakeEngine();
  await using server = await startTestServer(engine);
  const response = await server.open('POST', '/containers/web/wait?condition=next-exit');
  assert.equal(response.statusCode, 200);
  engine.exit(7);
  assert.equal(Buffer.concat(await response.toArray()).toString(), '{"StatusCode":7}');
});

test('events open at once and come one per line', async () => {
  const engine = createFakeEngine();
  await using server = await startTestServer(engine);
  const response = await server.open('GET', '/events');
  const event = {
    Type: 'container',
    Action: 'start',
    Actor: { ID: 'a', Attributes: {} },
    scope: 'local',
    time: 1,
    timeNano: 1,
  };
  engine.emit(event);
  const [line] = (await once(response, 'data')) as [Buffer];
  assert.equal(line.toString(), `${JSON.stringify(event)}\n`);
});

for (const [what, method, url] of [
  ['events', 'GET', '/events'],
  ['logs', 'GET', '/containers/web/logs?stdout=1&follow=1'],
  ['stats', 'GET', '/containers/web/stats'],
  ['pull', 'POST', '/images/create?fromImage=slow&tag=latest'],
] as const) {
  test(`a client that goes away ends ${what}`, async () => {
    const engine = createFakeEngine();
    await using server = await startTestServer(engine);
    const response = await server.open(method, url);
    const ended = once(engine.aborted, what);
    response.destroy();
    await ended;
    assert.deepEqual(server.errors, []);
  });
}

test('what fails before a progress stream has a status, what fails in it is its last line', async () => {
  await using server = await startTestServer(createFakeEngine());
  const refused = await server.call('POST', '/images/create?fromImage=nowhere/x&tag=1');
  assert.deepEqual([refused.status, refused.json()], [404, { message: 'pull access denied' }]);
  const broken = await server.call('POST', '/images/create?fromImage=breaks&tag=latest');
  assert.equal(broken.status, 200);
  assert.deepEqual(
    broken.text
      .trim()
      .split('\r\n')
      .map((line) => JSON.parse(line)),
    [
      { status: 'Pulling from library/busybox', id: 'latest' },
      { errorDetail: { message: 'the layer is damaged' }, error: 'the layer is damaged' },
    ],
  );
});

test('archives stream both ways', async () => {
  await using server = await startTestServer(createFakeEngine());
  const loaded = await server.call('POST', '/images/load', { body: 'x'.repeat(10_000_000) });
  assert.deepEqual(loaded.json(), { stream: 'Loaded 10000000 bytes\n' });
  const saved = await server.call('GET', '/images/get?names=a&names=b/c');
  assert.deepEqual([saved.headers['content-type'], saved.text], ['application/x-tar', 'tar of a,b/c']);
  const missing = await server.call('GET', '/images/missing/get');
  assert.deepEqual([missing.status, missing.json()], [404, { message: 'No such image: missing:latest' }]);
});

test('the login of a pull is read from its header', async () => {
  const engine = createFakeEngine();
  await using server = await startTestServer(engine);
  const encode = (text: string) => ({
    headers: { 'x-registry-auth': Buffer.from(text).toString('base64url') },
  });
  const url = '/images/create?fromImage=nowhere/x&tag=sha256:abc';
  await server.call('POST', url, encode('{"username":"u","password":"p","email":"e"}'));
  await server.call('POST', url, encode('{}'));
  assert.deepEqual(engine.calls, [
    ['pull', 'nowhere/x@sha256:abc', { username: 'u', password: 'p' }],
    ['pull', 'nowhere/x@sha256:abc', undefined],
  ]);
  assert.equal((await server.call('POST', url, { headers: { 'x-registry-auth': '!' } })).status, 400);
});
