import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { identityOf, lockInstance } from './instance-lock.ts';

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'berth-lock-'));
  try {
    await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('a second engine is refused while the first lives, and may start after it', async () => {
  await withDirectory(async (directory) => {
    const first = await lockInstance(directory);
    await assert.rejects(lockInstance(directory), new RegExp(`another berthd \\(pid ${process.pid}\\)`));
    await first[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(directory), []);
    await using _second = await lockInstance(directory);
  });
});

test('what a crash left is taken over, also when its pid runs something else now', async () => {
  const [boot] = (await identityOf(process.pid)).split(' ');
  for (const left of [
    `${boot} ${process.pid} 1`,
    `other-boot ${process.pid} 5`,
    `${boot} 4194303 7`,
    '',
    'garbage',
  ]) {
    await withDirectory(async (directory) => {
      await writeFile(path.join(directory, 'berthd.lock'), left);
      await using _lock = await lockInstance(directory);
      assert.deepEqual(await readdir(directory), ['berthd.lock']);
    });
  }
});

test('of many that start at once over a stale file, one gets it', async () => {
  await withDirectory(async (directory) => {
    await writeFile(path.join(directory, 'berthd.lock'), 'other-boot 1 1');
    const locks = await Promise.allSettled(Array.from({ length: 2 }, () => lockInstance(directory)));
    assert.equal(locks.filter(({ status }) => status === 'fulfilled').length, 1);
  });
});
