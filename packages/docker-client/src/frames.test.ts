import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeOutput, FrameDecoder, type OutputPiece } from './frames.ts';
import { logLines } from './log-lines.ts';

function frame(stream: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const bytes = Buffer.concat([
  frame(1, 'one\ntwo'),
  frame(2, 'trouble ä\n'),
  frame(1, ''),
  frame(1, ' more\r\nend'),
]);

for (const size of [1, 7, 8, 9, 1000]) {
  test(`frames cut into pieces of ${size} bytes are put together`, async () => {
    const found = { stdin: '', stdout: '', stderr: '' };
    for await (const { stream, data } of decodeOutput(chunks(bytes, size), true))
      found[stream] += data.toString('latin1');
    assert.equal(found.stdout, 'one\ntwo more\r\nend');
    assert.equal(Buffer.from(found.stderr, 'latin1').toString(), 'trouble ä\n');
  });

  test(`lines of both streams from pieces of ${size} bytes`, async () => {
    const lines = await Array.fromAsync(
      logLines(decodeOutput(chunks(bytes, size), true), { timestamps: false }),
    );
    assert.deepEqual(
      lines.filter(({ stream }) => stream === 'stdout').map(({ text }) => text),
      ['one', 'two more', 'end'],
    );
    assert.deepEqual(
      lines.filter(({ stream }) => stream === 'stderr').map(({ text }) => text),
      ['trouble ä'],
    );
  });
}

test('what is no frame is refused', () => {
  assert.throws(() => new FrameDecoder().push(Buffer.from('hello world')), RangeError);
});

test('without frames everything is stdout', async () => {
  const pieces: OutputPiece[] = await Array.fromAsync(
    decodeOutput(chunks(Buffer.from('hello world'), 4), false),
  );
  assert.ok(pieces.every(({ stream }) => stream === 'stdout'));
  assert.equal(Buffer.concat(pieces.map(({ data }) => data)).toString(), 'hello world');
});

test('timestamps are taken off lines that have them', async () => {
  const text = frame(1, '2026-01-02T03:04:05.123456789Z hello\nno time\n');
  const lines = await Array.fromAsync(logLines(decodeOutput(chunks(text, 100), true), { timestamps: true }));
  assert.deepEqual(lines, [
    { stream: 'stdout', timestamp: '2026-01-02T03:04:05.123456789Z', text: 'hello' },
    { stream: 'stdout', timestamp: undefined, text: 'no time' },
  ]);
});
