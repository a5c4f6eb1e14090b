/** Limits are measured, not read back: what is used above them is not to be had. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PrivateBerthd } from '../lib/private-berthd.ts';
import { until } from '../lib/until.ts';
import { type Docker, dockerOf } from './command-line.ts';

const ticksPerSecond = 100;

let berthd: PrivateBerthd;
let docker: Docker;
before(async () => {
  berthd = await PrivateBerthd.start();
  docker = dockerOf(berthd);
});
after(async () => {
  await berthd[Symbol.asyncDispose]();
});

const state = (id: string, format: string): Promise<string> => docker('inspect', '-f', format, id);

/** A process that never waits, and how much CPU time it has had, in seconds. */
async function busy(...options: string[]): Promise<{ id: string; cpuSeconds(): Promise<number> }> {
  const id = await docker('run', '-d', ...options, 'busybox', 'sh', '-c', 'while :; do :; done');
  const pid = await state(id, '{{.State.Pid}}');
  return {
    id,
    async cpuSeconds() {
      const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    },
  };
}

/** CPUs used between now and `seconds` later. */
async function cpusUsed(cpuSeconds: () => Promise<number>, seconds: number): Promise<number> {
  const [before, from] = [await cpuSeconds(), performance.now()];
  await delay(seconds * 1000);
  const [after, to] = [await cpuSeconds(), performance.now()];
  return (after - before) / ((to - from) / 1000);
}

test('over the memory limit it is killed, 137 and OOMKilled', async () => {
  const hungry = ['sh', '-c', 'x=a; while :; do x=$x$x; done'];
  const id = await docker('run', '-d', '-m', '16m', '--memory-swap', '16m', 'busybox', ...hungry);
  assert.equal(await docker('wait', id), '137');
  assert.equal(await state(id, '{{.State.OOMKilled}} {{.State.ExitCode}}'), 'true 137');
  const since = await state(id, '{{.Created}}');
  const events = await docker(
    ...['events', '--since', since, '--until', (Date.now() / 1000).toFixed(3), '--filter', `container=${id}`],
    ...['--filter', 'event=oom', '--filter', 'event=die', '--format', '{{.Action}}'],
  );
  assert.deepEqual(events.split('\n'), ['oom', 'die']);

  const innocent = await docker('run', '-d', '-m', '16m', 'busybox', 'sh', '-c', 'kill -9 $$; sleep 9');
  await docker('kill', innocent).catch(() => undefined);
  await docker('wait', innocent);
  assert.equal(await state(innocent, '{{.State.OOMKilled}} {{.State.ExitCode}}'), 'false 137');
});

test('a child over the limit dies alone', async () => {
  const script = 'sh -c "x=a; while :; do x=\\$x\\$x; done"; echo child $?; exit 5';
  const result = await berthd.docker(
    ...['run', '-m', '16m', '--memory-swap', '16m', '--name', 'parent', 'busybox', 'sh', '-c', script],
  );
  assert.equal(result.code, 5);
  assert.match(result.stdout, /child 137/);
});

test('not more processes than --pids-limit', async () => {
  const script = 'for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; echo unlimited';
  const { stdout, stderr, code } = await berthd.docker(
    ...['run', '--rm', '--pids-limit', '5', 'busybox', 'sh', '-c', script],
  );
  assert.notEqual(code, 0);
  assert.equal(stdout, '');
  assert.match(stderr, /fork: Resource temporarily unavailable/);
});

test('a fork bomb stays in its container', async () => {
  const id = await docker(
    'run',
    '-d',
    '--pids-limit',
    '50',
    'busybox',
    'sh',
    '-c',
    'f() { f | f & }; f; sleep 99',
  );
  assert.equal(await docker('run', '--rm', 'busybox', 'echo', 'others go on'), 'others go on');
  await docker('rm', '-f', id);
});

test('a busy loop gets --cpus 0.5, then what update gives, and nothing in a pause', async () => {
  const { id, cpuSeconds } = await busy('--cpus', '0.5');
  const half = await cpusUsed(cpuSeconds, 2);
  assert.ok(half > 0.25 && half < 0.6, `used ${half} CPUs of 0.5`);

  await docker('update', '--cpus', '0.2', id);
  const fifth = await cpusUsed(cpuSeconds, 1.5);
  assert.ok(fifth > 0.08 && fifth < 0.28, `used ${fifth} CPUs of 0.2`);

  await docker('pause', id);
  assert.equal(await cpusUsed(cpuSeconds, 0.5), 0);
  assert.match(await docker('ps', '--filter', `id=${id}`, '--format', '{{.Status}}'), /\(Paused\)$/);
  await docker('unpause', id);
  assert.ok((await cpusUsed(cpuSeconds, 0.5)) > 0.02);
  await docker('pause', id);
  await docker('rm', '-f', id);
});

test('a paused container can be stopped and killed', async () => {
  const id = await docker(
    'run',
    '-d',
    'busybox',
    'sh',
    '-c',
    'trap "exit 7" TERM; while :; do sleep 0.1; done',
  );
  await docker('pause', id);
  await docker('stop', '-t', '10', id);
  assert.equal(await state(id, '{{.State.Status}} {{.State.ExitCode}}'), 'exited 7');
  await docker('start', id);
  await docker('pause', id);
  await docker('kill', id);
  assert.equal(await state(id, '{{.State.Status}} {{.State.ExitCode}}'), 'exited 137');
  await docker('rm', id);
});

test('update takes effect on the running container or not at all', async () => {
  const id = await docker('run', '-d', '-m', '64m', '--memory-swap', '64m', 'busybox', 'sleep', '1000');
  await docker('update', '--pids-limit', '3', '--cpuset-cpus', '0', '--cpu-shares', '512', id);
  const forks = await berthd.docker('exec', id, 'sh', '-c', 'sleep 1 & sleep 1 & sleep 1 & sleep 1');
  assert.match(forks.stderr, /Resource temporarily unavailable/);
  assert.match(await docker('exec', id, 'grep', 'Cpus_allowed_list', '/proc/self/status'), /\t0$/);

  for (const [options, message] of [
    [['--memory', '1k'], /[Mm]inimum memory limit/],
    [['--memory', '128m'], /[Mm]emory limit should be smaller than already set memoryswap/],
    [['--cpus', '5000'], /[Rr]ange of CPUs/],
    [['--cpuset-cpus', '4000'], /[Rr]equested CPUs are not available/],
  ] as const) {
    const result = await berthd.docker('update', ...options, id);
    assert.equal(result.code, 1);
    assert.match(result.stderr, message);
  }
  const limits = '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}} {{.HostConfig.CpusetCpus}}';
  assert.equal(await state(id, limits), `${64 << 20} 3 0`);
  await docker('restart', '-t', '0', id);
  assert.match(await docker('exec', id, 'grep', 'Cpus_allowed_list', '/proc/self/status'), /\t0$/);
  await docker('rm', '-f', id);
});

interface Stats {
  cpu_stats: { cpu_usage: { total_usage: number }; system_cpu_usage: number };
  precpu_stats: { cpu_usage: { total_usage: number }; system_cpu_usage: number };
  memory_stats: { usage: number; limit: number };
  pids_stats: { current: number; limit: number };
  networks: Record<string, { rx_bytes: number; tx_bytes: number }>;
}

test('stats tell what the container does', async () => {
  const script =
    'head -c 8m /dev/urandom > /dev/shm/kept; ping -c 1 -W 1 $(ip route | cut -d" " -f3 | head -1); sleep 99 & while :; do :; done';
  const id = await docker(
    ...['run', '-d', '-m', '64m', '--pids-limit', '20', '--cpus', '0.5', 'busybox', 'sh', '-c', script],
  );
  await until('the sleep runs', async () => (await docker('top', id)).includes('sleep 99'));
  const { json } = await berthd.request('GET', `/containers/${id}/stats?stream=0`);
  const stats = json as Stats;
  assert.ok(stats.memory_stats.usage > 8 << 20 && stats.memory_stats.usage < 64 << 20);
  assert.equal(stats.memory_stats.limit, 64 << 20);
  assert.equal(stats.pids_stats.current, 2);
  assert.equal(stats.pids_stats.limit, 20);
  assert.ok((stats.networks.eth0?.tx_bytes ?? 0) > 0);
  const used = stats.cpu_stats.cpu_usage.total_usage - stats.precpu_stats.cpu_usage.total_usage;
  assert.ok(used > 0.1e9 && used < 1e9, `${used} ns in about a second`);
  assert.ok(stats.cpu_stats.system_cpu_usage > stats.precpu_stats.system_cpu_usage);

  await docker('stop', '-t', '0', id);
  const ended = (await berthd.request('GET', `/containers/${id}/stats?stream=0`)).json as Partial<Stats>;
  assert.equal(ended.pids_stats?.current ?? 0, 0);
  await docker('rm', id);
});
