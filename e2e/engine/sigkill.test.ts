/** berthd killed with SIGKILL: containers go on, no log line is missing or doubled, exit codes arrive. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PrivateBerthd } from '../lib/private-berthd.ts';
import { until } from '../lib/until.ts';

test('a container that counts lines under a killed berthd', async () => {
  await using berthd = await PrivateBerthd.start();
  const last = 400;
  const script = `i=0; while [ $i -lt ${last} ]; do i=$((i+1)); echo $i; usleep 5000; done; exit 7`;
  const { stdout } = await berthd.docker('run', '-d', '--name', 'counter', 'busybox', 'sh', '-c', script);
  const id = stdout.trim();
  const lines = async () => (await berthd.docker('logs', id)).stdout.split('\n').filter(Boolean);
  await until('it counts', async () => (await lines()).length > 20);

  await berthd.stopDaemon('SIGKILL');
  await berthd.startDaemon();
  assert.equal((await berthd.docker('inspect', '-f', '{{.State.Running}}', id)).stdout.trim(), 'true');
  assert.equal((await berthd.docker('exec', id, 'echo', 'still here')).stdout, 'still here\n');
  await berthd.stopDaemon('SIGKILL');
  await berthd.startDaemon();

  assert.equal((await berthd.docker('wait', id)).stdout.trim(), '7');
  assert.deepEqual(
    await lines(),
    Array.from({ length: last }, (_, index) => String(index + 1)),
  );
});

test('a container that ends while berthd is dead', async () => {
  await using berthd = await PrivateBerthd.start();
  await berthd.docker('run', '-d', '--name', 'brief', 'busybox', 'sh', '-c', 'sleep 0.5; echo done; exit 21');
  const { stdout } = await berthd.docker('inspect', '-f', '{{.State.Pid}}', 'brief');
  await berthd.stopDaemon('SIGKILL');
  await until('the container has ended', async () => {
    const { existsSync } = await import('node:fs');
    return !existsSync(`/proc/${stdout.trim()}`);
  });
  await berthd.startDaemon();
  const state = await berthd.docker('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'brief');
  assert.equal(state.stdout.trim(), 'exited 21');
  assert.equal((await berthd.docker('logs', 'brief')).stdout, 'done\n');
});

test('SIGKILL in the middle of starts and removals leaves nothing behind', async () => {
  await using berthd = await PrivateBerthd.start();
  for (let round = 0; round < 4; round++) {
    const busy = Array.from({ length: 6 }, () =>
      berthd.docker('run', '--rm', '-p', '8000', 'busybox', 'true'),
    );
    await new Promise((resolve) => setTimeout(resolve, 60 + 45 * round));
    await berthd.stopDaemon('SIGKILL');
    await Promise.all(busy);
    await berthd.startDaemon();
  }
  const { stdout } = await berthd.docker('ps', '-aq');
  const ids = stdout.split('\n').filter(Boolean);
  if (ids.length > 0) await berthd.docker('rm', '-f', ...ids);
  await berthd.stopDaemon('SIGKILL');
  await berthd.startDaemon();
  assert.equal((await berthd.docker('run', '--rm', 'busybox', 'echo', 'fine')).stdout, 'fine\n');
  await berthd.stopDaemon();
  assert.deepEqual(await berthd.leftovers(), []);
});
