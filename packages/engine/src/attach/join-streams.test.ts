import assert from 'node:assert/strict';
import { type Duplex, duplexPair, PassThrough } from 'node:stream';
import { test } from 'node:test';
import { joinStreams } from './join-streams.ts';

function client(): { near: Duplex; far: Duplex; output: Promise<string> } {
  const [far, near] = duplexPair();
  const output = far.toArray().then((chunks: Buffer[]) => Buffer.concat(chunks).toString());
  return { near, far, output };
}

const options = { stdin: true, closeStdin: false, detachKeys: undefined, onDetach: () => {} };

test('the end of the process ends the client after its last byte', async () => {
  const { near, output } = client();
  const pipe = new PassThrough();
  const joined = joinStreams(near, pipe, { ...options, stdin: false });
  pipe.end('last words');
  await joined;
  assert.equal(await output, 'last words');
});

test('a pipe that broke, before or after joining, ends the client too', async () => {
  const before = new PassThrough().destroy();
  await joinStreams(client().near, before, options);
  const pipe = new PassThrough();
  const joined = joinStreams(client().near, pipe, options);
  pipe.destroy(new Error('reset'));
  await joined;
});

test('a client that goes lets go of the pipe', async () => {
  const { near } = client();
  const pipe = new PassThrough();
  const joined = joinStreams(near, pipe, options);
  near.destroy();
  await joined;
  assert.ok(pipe.destroyed);
});

test('detach keys leave the process running', async () => {
  const { near, far } = client();
  const [pipe, process] = duplexPair();
  let detached = 0;
  const joined = joinStreams(near, pipe, {
    ...options,
    detachKeys: [0x10, 0x11],
    onDetach: () => detached++,
  });
  far.write('ls\x10\x11');
  await joined;
  assert.equal(detached, 1);
  assert.equal(process.read()?.toString(), 'ls');
  assert.ok(!process.readableEnded);
});
