/** A full disk under the data-root: clear errors, a living berthd, and containers that are not held up. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { PrivateBerthd } from '../lib/private-berthd.ts';
import { dockerOf } from './command-line.ts';

const run = promisify(execFile);
const busybox = join(import.meta.dirname, '../../.berth/busybox.tar');

/** Writes until nothing more fits. */
async function fill(path: string): Promise<void> {
  await using file = await open(path, 'w');
  for (const size of [1 << 20, 4096]) {
    const block = Buffer.alloc(size);
    try {
      for (;;) await file.write(block);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  }
}

/** A berthd whose data-root is a file system of its own, of 24 MB. */
async function withSmallDisk(body: (berthd: PrivateBerthd) => Promise<void>): Promise<void> {
  await using berthd = await PrivateBerthd.reserve();
  await mkdir(berthd.dataRoot);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', berthd.dataRoot]);
  try {
    await berthd.startDaemon();
    await body(berthd);
    const ids = (await berthd.docker('ps', '-aq')).stdout.split('\n').filter(Boolean);
    if (ids.length > 0) await berthd.docker('rm', '-f', ...ids);
  } finally {
    await berthd.stopDaemon();
    await run('umount', ['--lazy', berthd.dataRoot]);
  }
}

test('a disk that fills up', { skip: process.getuid?.() !== 0 && 'needs root: mounts' }, () =>
  withSmallDisk(async (berthd) => {
    const docker = dockerOf(berthd);
    const filler = join(berthd.dataRoot, 'filler');
    const fails = async (...args: string[]): Promise<void> => {
      const { code, stderr } = await berthd.docker(...args);
      assert.notEqual(code, 0, args.join(' '));
      assert.match(stderr, /no space left on device/, args.join(' '));
    };

    await fill(filler);
    await fails('load', '-i', busybox);
    await rm(filler);
    assert.deepEqual(await readdir(join(berthd.dataRoot, 'content/ingest')), []);
    await docker('load', '-i', busybox);

    const script = 'while :; do echo line $((i=i+1)); usleep 10000; done';
    await docker('run', '-d', '--name', 'counting', 'busybox', 'sh', '-c', script);
    await fill(filler);
    await fails('run', '--rm', 'busybox', 'true');
    await fails('create', 'busybox');
    await fails('volume', 'create', 'full');
    assert.equal(await docker('exec', 'counting', 'echo', 'goes on'), 'goes on');
    await docker('restart', '-t', '0', 'counting');
    await docker('stop', '-t', '0', 'counting');
    await rm(filler);
    await docker('start', 'counting');
    assert.match(await docker('logs', '--tail', '1', 'counting'), /^line \d+$/);

    // The log itself fills the disk: lines are lost, the container does not wait.
    const loud = 'yes 0123456789012345678901234567890123456789 | head -c 40000000; echo end >&2; exit 4';
    await docker('run', '-d', '--name', 'loud', 'busybox', 'sh', '-c', loud);
    assert.equal(await docker('wait', 'loud'), '4');
    const logs = await docker('logs', '--tail', '3', 'loud');
    assert.match(logs, /^(0123456789|end)/);
    await docker('rm', '-f', 'loud', 'counting');
    assert.equal(await docker('run', '--rm', 'busybox', 'echo', 'room again'), 'room again');

    await berthd.stopDaemon('SIGKILL');
    await berthd.startDaemon();
    assert.equal(await docker('ps', '-aq'), '');
    assert.deepEqual(await readdir(join(berthd.dataRoot, 'containers')), []);
  }),
);
