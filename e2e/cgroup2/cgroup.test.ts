/** The Cgroup interface on a kernel that has version 2 and nothing else. Runs in the machine of test-cgroup2. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCgroups, type OciResources } from '@berth/runtime';

const mebibyte = 2 ** 20;
const cgroups = createCgroups();

async function makeCgroup(resources: OciResources) {
  const path = `berth-test/${crypto.randomUUID()}`;
  const cgroup = await cgroups.create(path, resources);
  const [directory = ''] = cgroups.directories(path);
  return {
    cgroup,
    directory,
    read: (file: string): string => readFileSync(join(directory, file), 'utf8').trim(),
    [Symbol.asyncDispose]: () => cgroup.remove(),
  };
}

/** Starts a shell script inside and waits until it prints `ready`. */
async function runInside(directory: string, script: string): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', `echo 0 > ${directory}/cgroup.procs && ${script}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [first] = await once(child.stdout, 'data');
  assert.equal(String(first), 'ready\n');
  return child;
}

test('the unified tree is recognised', () => {
  assert.equal(cgroups.version, 2);
  assert.deepEqual(cgroups.layout, { version: 2, mountPoint: '/sys/fs/cgroup' });
});

test('limits are applied, read back and changed on the live cgroup', async () => {
  await using made = await makeCgroup({
    cpu: { quota: 50_000, period: 100_000, shares: 512, cpus: '0' },
    memory: { limit: 64 * mebibyte, swap: 96 * mebibyte, reservation: 32 * mebibyte },
    pids: { limit: 50 },
  });
  const { cgroup, read } = made;
  assert.deepEqual(cgroup.warnings, []);
  assert.deepEqual(
    ['memory.max', 'memory.swap.max', 'memory.low', 'cpu.max', 'cpu.weight', 'pids.max', 'cpuset.cpus'].map(
      read,
    ),
    [`${64 * mebibyte}`, `${32 * mebibyte}`, `${32 * mebibyte}`, '50000 100000', '59', '50', '0'],
  );
  const limits = await cgroup.limits();
  assert.deepEqual([limits.memoryBytes, limits.memorySwapBytes], [64 * mebibyte, 96 * mebibyte]);
  assert.deepEqual(
    [limits.cpuQuotaUs, limits.cpuPeriodUs, limits.pids, limits.cpusetCpus],
    [50_000, 100_000, 50, '0'],
  );

  await cgroup.update({ memory: { limit: 128 * mebibyte, swap: 128 * mebibyte }, cpu: { quota: 25_000 } });
  assert.deepEqual(['memory.max', 'memory.swap.max', 'cpu.max'].map(read), [
    `${128 * mebibyte}`,
    '0',
    '25000 100000',
  ]);
  await cgroup.update({ cpu: { period: 50_000 } });
  assert.equal(read('cpu.max'), '25000 50000');
  await cgroup.update({
    memory: { limit: -1, swap: -1 },
    cpu: { quota: -1, shares: 1024 },
    pids: { limit: -1 },
  });
  assert.deepEqual(['memory.max', 'memory.swap.max', 'cpu.max', 'cpu.weight', 'pids.max'].map(read), [
    'max',
    'max',
    'max 50000',
    '100',
    'max',
  ]);
});

test('what cannot be is refused in words and leaves no directory', async () => {
  await assert.rejects(cgroups.create('berth-test/bad', { cpu: { cpus: '900' } }), { message: /CPUs/ });
  await assert.rejects(cgroups.create('berth-test/bad', { cpu: { quota: 1 } }), {
    kind: 'invalid-parameter',
  });
  await assert.rejects(
    cgroups.create('berth-test/bad', { memory: { limit: mebibyte * 8, swap: mebibyte } }),
    {
      kind: 'invalid-parameter',
    },
  );
  assert.equal(existsSync('/sys/fs/cgroup/berth-test/bad'), false);
});

test('a busy process is counted, throttled, frozen, thawed and killed with its cgroup', async () => {
  await using made = await makeCgroup({ cpu: { quota: 10_000, period: 100_000 } });
  const { cgroup, directory } = made;
  const child = await runInside(directory, 'echo ready; while :; do :; done');
  const from = await cgroup.stats();
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const to = await cgroup.stats();
  const share = Number(to.cpu.usageNs - from.cpu.usageNs) / 1e6 / (performance.now() - start);
  assert(share > 0.03 && share < 0.2, `a tenth of a CPU, measured ${share}`);
  assert(to.cpu.throttledPeriods > 0 && to.cpu.throttledNs > 0n);
  assert(to.memory.usageBytes > 0 && 'anon' in to.memory.stat && to.pids.current === 1);
  assert.deepEqual(await cgroup.pids(), [child.pid]);
  await cgroup.freeze();
  assert.match(made.read('cgroup.events'), /frozen 1/);
  await cgroup.thaw();
  assert.match(made.read('cgroup.events'), /frozen 0/);
  await cgroup.freeze();
  const ended = once(child, 'exit');
  await cgroup.remove();
  assert.deepEqual(await ended, [null, 'SIGKILL']);
  assert.equal(existsSync(directory), false);
  await cgroup.remove();
});

test('the OOM killer is seen, and a limit below what is held is refused rather than fatal', async () => {
  await using made = await makeCgroup({ memory: { limit: 40 * mebibyte, swap: 40 * mebibyte } });
  // dd fills its buffer, then waits for a reader that takes one byte.
  const script =
    'dd if=/dev/zero bs=20M count=1 2> /dev/null | { head -c 1 > /dev/null; echo ready; sleep 100; }';
  const holder = await runInside(made.directory, script);
  await assert.rejects(made.cgroup.update({ memory: { limit: 8 * mebibyte } }), {
    message: /^unable to set memory limit to 8388608 \(current usage: \d+, peak usage: \d+\)$/,
  });
  assert.equal(holder.exitCode ?? holder.signalCode, null);
  assert.equal((await made.cgroup.stats()).memory.oomKills, 0);
  const greedy = spawn('sh', [
    '-c',
    `echo 0 > ${made.directory}/cgroup.procs; exec dd if=/dev/zero of=/dev/null bs=80M`,
  ]);
  await once(greedy, 'exit');
  assert((await made.cgroup.stats()).memory.oomKills >= 1);
  assert.match(readFileSync(cgroups.oomFile(made.cgroup.path) ?? '', 'utf8'), /oom_kill [1-9]/);
});

test('no more processes than allowed', async () => {
  await using made = await makeCgroup({ pids: { limit: 3 } });
  const script = 'echo ready; sleep 100 & sleep 100 & sleep 100 & wait';
  const child = spawn('sh', ['-c', `echo 0 > ${made.directory}/cgroup.procs; ${script}`], {
    stdio: 'ignore',
  });
  await once(child, 'exit');
  assert.match(made.read('pids.events'), /max [1-9]/);
  assert.equal((await made.cgroup.limits()).pids, 3);
});
