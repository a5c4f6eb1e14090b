import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import type { TerminalServerMessage } from '../schemas/terminal.ts';
import { type Browser, startConsole, type TestConsole } from '../testing/console.ts';
import { fakeId } from '../testing/fake-engine.ts';
import { createOutputBuffer } from './output-buffer.ts';

interface Viewer {
  socket: WebSocket;
  control(message: object): void;
  type(text: string): void;
  /** Resolves when the bytes so far contain the text. */
  sees(text: string): Promise<void>;
  next(type: TerminalServerMessage['type']): Promise<TerminalServerMessage>;
  received(): number;
}

async function open(browser: Browser): Promise<Viewer> {
  const socket = await browser.socket('/api/terminal');
  assert.ok(socket instanceof WebSocket);
  const messages: TerminalServerMessage[] = [];
  let bytes = Buffer.alloc(0);
  let heard = Promise.withResolvers<void>();
  socket.on('message', (raw: Buffer) => {
    if (raw[0] === 1) messages.push(JSON.parse(raw.toString('utf8', 1)));
    else bytes = Buffer.concat([bytes, raw.subarray(1)]);
    heard.resolve();
    heard = Promise.withResolvers();
  });
  return {
    socket,
    control: (message) =>
      socket.send(Buffer.concat([Buffer.from([1]), Buffer.from(JSON.stringify(message))])),
    type: (text) => socket.send(Buffer.from(`\0${text}`)),
    async sees(text) {
      while (!bytes.includes(text)) await heard.promise;
    },
    async next(type) {
      for (;;) {
        const found = messages.findIndex((message) => message.type === type);
        const [message] = found < 0 ? [] : messages.splice(found, 1);
        if (message) return message;
        await heard.promise;
      }
    },
    received: () => bytes.length,
  };
}

const size = { rows: 24, columns: 80 };
const request = { type: 'open', container: 'web', command: ['/bin/sh'], ...size };

async function start(options: { terminalGraceMs?: number } = {}): Promise<TestConsole & { user: Browser }> {
  const place = await startConsole(options);
  place.engine.containers.set('web', { id: fakeId('a'), name: 'web', state: 'running' });
  const user = place.browser();
  await user.setUp();
  return { ...place, user };
}

test('a terminal goes on after the connection was cut, without losing or repeating a byte', async () => {
  await using place = await start();
  const first = await open(place.user);
  first.control(request);
  const ready = await first.next('ready');
  assert.ok(ready.type === 'ready');
  first.type('hello ');
  await first.sees('hello ');
  const from = first.received();
  first.socket.terminate();

  const second = await open(place.user);
  second.control({ type: 'resume', sessionId: ready.sessionId, from, ...size });
  const again = await second.next('ready');
  assert.ok(again.type === 'ready');
  assert.deepEqual([again.offset, again.lost], [from, false]);
  second.type('again');
  await second.sees('again');
  assert.equal(second.received(), 'again'.length);

  const third = await open(place.user);
  third.control({ type: 'resume', sessionId: ready.sessionId, from: 0, ...size });
  await third.sees('hello again');
  second.type(' both');
  await Promise.all([second.sees(' both'), third.sees(' both')]);
  third.type('exit\n');
  const exit = await second.next('exit');
  assert.deepEqual(exit, { type: 'exit', code: 0, reason: 'The program ended with code 0.' });
});

test('a terminal nobody looks at is ended, and cannot be resumed', async () => {
  await using place = await start({ terminalGraceMs: 20 });
  const viewer = await open(place.user);
  viewer.control(request);
  const ready = await viewer.next('ready');
  assert.ok(ready.type === 'ready');
  const [program] = place.engine.terminals;
  assert.ok(program);
  const ended = once(program, 'close');
  viewer.socket.terminate();
  await ended;
  const late = await open(place.user);
  const closed = once(late.socket, 'close');
  late.control({ type: 'resume', sessionId: ready.sessionId, from: 0, ...size });
  assert.equal((await closed)[0], 4404);
});

test('what is not a terminal message closes the socket', async () => {
  await using place = await start();
  for (const bad of [Buffer.from('\u0001{"type":"open"}'), Buffer.from('\u0001not json'), Buffer.from([9])]) {
    const viewer = await open(place.user);
    const closed = once(viewer.socket, 'close');
    viewer.socket.send(bad);
    assert.equal((await closed)[0], 4400);
  }
});

test('the output buffer keeps the last bytes and their offsets', () => {
  const buffer = createOutputBuffer(8);
  buffer.append(Buffer.from('abcdef'));
  buffer.append(Buffer.from('ghijkl'));
  assert.deepEqual([buffer.start, buffer.end], [4, 12]);
  assert.equal(Buffer.concat(buffer.from(4)).toString(), 'efghijkl');
  assert.equal(Buffer.concat(buffer.from(10)).toString(), 'kl');
  assert.equal(Buffer.concat(buffer.from(0)).toString(), 'efghijkl');
});
