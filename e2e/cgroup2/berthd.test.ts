/** berthd on cgroup v2, through the docker CLI and the Engine API. Runs in the machine of test-cgroup2. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PrivateBerthd } from '../lib/private-berthd.ts';

const archive = join(import.meta.dirname, '../../.berth/busybox.tar');
const lacking = [archive, process.env.DOCKER_CLI ?? 'docker'].find((path) => !existsSync(path));
const skip =
  lacking === undefined ? false : `${lacking} was not there when the machine was made; run npm run setup`;

const mebibyte = 2 ** 20;

test('limits, statistics, pause, OOM kills and removal through berthd, across its restart', {
  skip,
}, async () => {
  await using berthd = await PrivateBerthd.start();
  const api = async (method: string, path: string, body?: unknown): Promise<string> => {
    const answer = await berthd.request(method, path, body);
    assert(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}\n${berthd.log}`);
    return answer.text;
  };
  const limits = ['--memory', '64m', '--cpus', '0.5', '--pids-limit', '50'];
  const files = ['memory.max', 'memory.swap.max', 'cpu.max', 'pids.max'].map(
    (name) => `/sys/fs/cgroup/${name}`,
  );
  const printed = await berthd.docker(
    'run',
    '--rm',
    ...limits,
    'busybox',
    'cat',
    '/proc/self/cgroup',
    ...files,
  );
  assert.deepEqual(
    printed.stdout.split('\n'),
    ['0::/', '67108864', '67108864', '50000 100000', '50', ''],
    printed.stderr,
  );

  const busy = await berthd.docker('run', '-d', ...limits, 'busybox', 'sh', '-c', 'while :; do :; done');
  const id = busy.stdout.trim();
  await api('POST', `/containers/${id}/update`, {
    Memory: 96 * mebibyte,
    MemorySwap: 96 * mebibyte,
    NanoCpus: 2e8,
  });
  const directory = execFileSync('find', ['/sys/fs/cgroup', '-name', id], { encoding: 'utf8' }).trim();
  const read = (file: string): string => readFileSync(join(directory, file), 'utf8').trim();
  assert.deepEqual(['memory.max', 'cpu.max', 'pids.max'].map(read), [
    `${96 * mebibyte}`,
    '20000 100000',
    '50',
  ]);

  await berthd.stopDaemon('SIGKILL');
  await berthd.startDaemon();
  const stats = await api('GET', `/containers/${id}/stats?stream=false&one-shot=true`);
  assert.match(stats, new RegExp(`"limit":${96 * mebibyte}\\b`));
  assert.match(stats, /"throttled_periods":[1-9]/);
  await api('POST', `/containers/${id}/pause`);
  assert.match(read('cgroup.events'), /frozen 1/);
  await api('POST', `/containers/${id}/unpause`);
  await api('DELETE', `/containers/${id}?force=1`);
  assert.equal(existsSync(directory), false);

  const memory = { Memory: 16 * mebibyte, MemorySwap: 16 * mebibyte };
  const Cmd = ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=64M'];
  const created = await api('POST', '/containers/create?name=oom', {
    Image: 'busybox',
    Cmd,
    HostConfig: memory,
  });
  assert.match(created, /"Id"/);
  await api('POST', '/containers/oom/start');
  assert.match(await api('POST', '/containers/oom/wait'), /"StatusCode":137/);
  assert.match(await api('GET', '/containers/oom/json'), /"OOMKilled":true/);
});

test('a container has no devices of the host but the harmless ones, unless it is privileged', {
  skip,
}, async () => {
  await using berthd = await PrivateBerthd.start();
  // 1:11 is /dev/kmsg, which the kernel lets everybody open for writing; 1:1 is the machine's memory.
  const script =
    'true > /dev/null && mknod /kmsg c 1 11 && mknod /mem c 1 1; cat /mem > /dev/null; true > /kmsg && echo opened; :';
  const confined = await berthd.docker('run', '--rm', 'busybox', 'sh', '-c', script);
  assert.match(confined.stderr, /mem'?: Operation not permitted/);
  assert.match(confined.stderr, /kmsg: Operation not permitted/);
  assert.equal(confined.stdout, '');
  const privileged = await berthd.docker('run', '--rm', '--privileged', 'busybox', 'sh', '-c', script);
  assert.equal(privileged.stdout, 'opened\n', privileged.stderr);
});
