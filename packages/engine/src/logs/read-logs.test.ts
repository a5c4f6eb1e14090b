import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ReadLogsOptions, readLogs } from './read-logs.ts';

const options: ReadLogsOptions = {
  stdout: true,
  stderr: true,
  timestamps: false,
  details: false,
  multiplexed: false,
  sinceMs: undefined,
  untilMs: undefined,
  tail: 'all',
  signal: new AbortController().signal,
};

const line = (log: string, stream = 'stdout', time = '2026-01-02T03:04:05.5Z'): string =>
  `${JSON.stringify({ log, stream, time })}\n`;

async function directory(): Promise<{ path: string } & AsyncDisposable> {
  const root = await mkdtemp(join(tmpdir(), 'berth-logs-'));
  return { path: join(root, 'x-json.log'), [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

async function read(path: string, more: Partial<ReadLogsOptions> = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readLogs(path, { ...options, ...more })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('text comes back byte for byte, whatever its escapes', async () => {
  await using log = await directory();
  const texts = [
    'plain\n',
    'quote " back \\ tab\t\r\n',
    'ü 漢 🚢\n',
    '\u0000\u001b[1m\n',
    'no newline',
    '\u2028\n',
  ];
  await writeFile(
    log.path,
    texts.map((text) => line(text)).join('') +
      '{"log":"esc\\u00e9 \\ud83d\\udea2\\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}\n',
  );
  assert.equal((await read(log.path)).toString(), `${texts.join('')}escé 🚢\n`);
});

test('frames carry stream and length', async () => {
  await using log = await directory();
  await writeFile(log.path, line('out\n') + line('error\n', 'stderr'));
  const framed = await read(log.path, { multiplexed: true });
  assert.deepEqual([...framed.subarray(0, 8)], [1, 0, 0, 0, 0, 0, 0, 4]);
  assert.deepEqual([...framed.subarray(12, 20)], [2, 0, 0, 0, 0, 0, 0, 6]);
  assert.equal((await read(log.path, { stdout: false })).toString(), 'error\n');
});

test('timestamps have nine digits, details come before the text', async () => {
  await using log = await directory();
  await writeFile(
    log.path,
    `${line('a\n')}{"log":"b\\n","stream":"stdout","attrs":{"k":"v"},"time":"2026-01-02T03:04:05Z"}\n`,
  );
  assert.equal(
    (await read(log.path, { timestamps: true })).toString(),
    '2026-01-02T03:04:05.500000000Z a\n2026-01-02T03:04:05.000000000Z b\n',
  );
  assert.equal((await read(log.path, { details: true })).toString(), ' a\nk=v b\n');
});

test('since and until bound what is read', async () => {
  await using log = await directory();
  const times = ['2026-01-01T00:00:01Z', '2026-01-01T00:00:02.5Z', '2026-01-01T00:00:03Z'];
  await writeFile(log.path, times.map((time, index) => line(`${index}\n`, 'stdout', time)).join(''));
  assert.equal((await read(log.path, { sinceMs: Date.parse('2026-01-01T00:00:02Z') })).toString(), '1\n2\n');
  assert.equal(
    (await read(log.path, { untilMs: Date.parse('2026-01-01T00:00:02.6Z') })).toString(),
    '0\n1\n',
  );
});

test('tail counts over rotated files, from the end', async () => {
  await using log = await directory();
  await writeFile(`${log.path}.2`, line('1\n') + line('2\n'));
  await writeFile(`${log.path}.1`, line('3\n') + line('4\n'));
  await writeFile(log.path, line('5\n'));
  const rows: [number | 'all', string][] = [
    ['all', '1\n2\n3\n4\n5\n'],
    [0, ''],
    [1, '5\n'],
    [2, '4\n5\n'],
    [4, '2\n3\n4\n5\n'],
    [99, '1\n2\n3\n4\n5\n'],
  ];
  for (const [tail, expected] of rows) assert.equal((await read(log.path, { tail })).toString(), expected);
});

test('a log larger than any buffer and lines longer than a block come back whole', async () => {
  await using log = await directory();
  const long = `${'x'.repeat(300_000)}\n`;
  const many = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`);
  await writeFile(log.path, line(long) + many.map((text) => line(text)).join('') + line(long));
  assert.equal((await read(log.path)).toString(), long + many.join('') + long);
});

test('a torn line hides nothing behind it', async () => {
  await using log = await directory();
  await writeFile(log.path, `${line('a\n')}{"log":"half\n${line('b\n')}`);
  assert.equal((await read(log.path)).toString(), 'a\nb\n');
});

test('a log that does not exist yet is empty', async () => {
  await using log = await directory();
  assert.equal((await read(log.path)).length, 0);
});

test('following goes on over rotations and ends with the container', async () => {
  await using log = await directory();
  const ended = Promise.withResolvers<void>();
  const following = readLogs(log.path, { ...options, followUntil: ended.promise });
  let text = '';
  const until = async (expected: string): Promise<void> => {
    while (!text.endsWith(expected)) {
      const { value, done } = await following.next();
      if (done) assert.fail(`ended after ${JSON.stringify(text)}`);
      text += value.toString();
    }
  };
  await writeFile(log.path, line('1\n'));
  await until('1\n');
  const [half, rest] = [line('2\n').slice(0, 10), line('2\n').slice(10)];
  await appendFile(log.path, half);
  await appendFile(log.path, rest);
  await until('2\n');
  await appendFile(log.path, line('3\n'));
  await rename(log.path, `${log.path}.1`);
  await writeFile(log.path, line('4\n'));
  await until('4\n');
  await appendFile(log.path, line('5\n'));
  ended.resolve();
  await until('5\n');
  assert.equal((await following.next()).done, true);
  assert.equal(text, '1\n2\n3\n4\n5\n');
});

test('an abort ends following', async () => {
  await using log = await directory();
  await writeFile(log.path, line('1\n'));
  const abort = new AbortController();
  const never = new Promise<void>(() => {});
  const following = readLogs(log.path, { ...options, followUntil: never, signal: abort.signal });
  await following.next();
  const next = following.next();
  abort.abort();
  assert.equal((await next).done, true);
});

test('without following, a log that is still written to has an end', async () => {
  await using log = await directory();
  await writeFile(log.path, line('before\n'));
  const reading = readLogs(log.path, options);
  const first = await reading.next();
  assert.match(String(first.value), /before/);
  await appendFile(log.path, line('after\n'));
  assert.equal((await reading.next()).done, true);
});
