/** The real docker CLI against berthd on cgroup v2. Runs in the machine of test-cgroup2. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PrivateBerthd } from '../lib/private-berthd.ts';

const archive = join(import.meta.dirname, '../../.berth/busybox.tar');
const lacking = [archive, process.env.DOCKER_CLI ?? 'docker'].find((path) => !existsSync(path));
const skip =
  lacking === undefined ? false : `${lacking} was not there when the machine was made; run npm run setup`;

test('docker run, update, stats, pause and rm under limits, across a restart of the daemon', {
  skip,
}, async () => {
  await using berthd = await PrivateBerthd.start();
  const docker = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, code } = await berthd.docker(...args);
    assert.equal(code, 0, `docker ${args.join(' ')}: ${stderr}\n${berthd.log}`);
    return stdout.trim();
  };
  const limits = ['--memory', '64m', '--cpus', '0.5', '--pids-limit', '50'];
  const files = ['memory.max', 'memory.swap.max', 'cpu.max', 'pids.max'].map(
    (name) => `/sys/fs/cgroup/${name}`,
  );
  const printed = await docker('run', '--rm', ...limits, 'busybox', 'cat', '/proc/self/cgroup', ...files);
  assert.deepEqual(printed.split('\n'), ['0::/', '67108864', '67108864', '50000 100000', '50']);

  const id = await docker('run', '-d', ...limits, 'busybox', 'sh', '-c', 'while :; do :; done');
  await docker('update', '--memory', '96m', '--memory-swap', '96m', '--cpus', '0.2', id);
  assert.equal(
    await docker('exec', id, 'cat', '/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/cpu.max'),
    '100663296\n20000 100000',
  );
  await berthd.stopDaemon('SIGKILL');
  await berthd.startDaemon();
  const [usage, percent] = (
    await docker('stats', '--no-stream', '--format', '{{.MemUsage}}|{{.CPUPerc}}', id)
  ).split('|');
  assert.match(usage ?? '', /\/ 96MiB$/);
  assert(Number.parseFloat(percent ?? '') < 40, `a fifth of a CPU, measured ${percent}`);
  await docker('pause', id);
  assert.equal(await docker('inspect', '--format', '{{.State.Status}}', id), 'paused');
  await docker('unpause', id);
  await docker('rm', '-f', id);
  assert.equal(execFileSync('find', ['/sys/fs/cgroup', '-name', id], { encoding: 'utf8' }), '');

  const oom = await docker(
    'create',
    '--memory',
    '16m',
    '--memory-swap',
    '16m',
    'busybox',
    'dd',
    'if=/dev/zero',
    'of=/dev/null',
    'bs=64M',
  );
  assert.equal((await berthd.docker('start', '-a', oom)).code, 137);
  assert.equal(await docker('inspect', '--format', '{{.State.OOMKilled}}', oom), 'true');
});
