import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { OciResources } from '../spec.ts';
import { sharesFromWeight, weightFromShares } from './cpu.ts';
import { type CgroupManager, createCgroups } from './index.ts';
import { detectLayout } from './layout.ts';
import { cgroupComponents } from './path.ts';

const mebibyte = 2 ** 20;
const parent = `berth-test-${process.pid}`;

const isRoot = process.getuid?.() === 0;
const host = isRoot ? createCgroups() : undefined;
const v1 = { skip: host?.version === 1 ? false : 'needs root and cgroup v1' };
// Hybrid hosts have a v2 tree without controllers: enough for freezing, killing and removing.
const unified = '/sys/fs/cgroup/unified';
const v2 = {
  skip: isRoot && existsSync(join(unified, 'cgroup.procs')) ? false : 'needs root and a hybrid v2 tree',
};

/** A cgroup that is removed, with its parent, however the test ends. */
async function makeCgroup(manager: CgroupManager, resources: OciResources) {
  const path = `${parent}/${crypto.randomUUID()}`;
  const cgroup = await manager.create(path, resources);
  return {
    cgroup,
    path,
    manager,
    async [Symbol.asyncDispose]() {
      await cgroup.remove();
      await manager.open(parent).remove();
    },
  };
}

/** Starts a shell script inside the cgroup and waits until it prints `ready`. */
async function runInside({ manager, path }: { manager: CgroupManager; path: string }, script: string) {
  const files = manager
    .joinFiles(path)
    .map((file) => (manager.version === 2 ? join(file, 'cgroup.procs') : file));
  const joins = files.map((file) => `echo 0 > ${file}`).join(' && ');
  const child = spawn('sh', ['-c', `${joins} || exit 1; ${script}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [first] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  assert.equal(String(first), 'ready\n');
  return child;
}

const exit = async (child: ChildProcess): Promise<unknown[]> =>
  child.exitCode === null && child.signalCode === null
    ? once(child, 'exit')
    : [child.exitCode, child.signalCode];

const stateOf = (pid: number): string | undefined =>
  /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];

test('cgroup paths cannot lead out of the tree', () => {
  assert.deepEqual(cgroupComponents('/berth-1/abc'), ['berth-1', 'abc']);
  for (const path of ['', '/', '..', 'a/../b', '/a/./b', 'a\nb', 'x'.repeat(300)]) {
    assert.throws(() => cgroupComponents(path), { kind: 'invalid-parameter' }, path);
  }
});

test('layouts are recognised from mountinfo', () => {
  const unifiedLine = '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';
  assert.deepEqual(detectLayout('/sys/fs/cgroup', unifiedLine), { version: 2, mountPoint: '/sys/fs/cgroup' });
  const hybrid = [
    '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
    '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
    '33 31 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/x,name=systemd',
    '34 31 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  ].join('\n');
  const layout = detectLayout('/sys/fs/cgroup', hybrid);
  assert.equal(layout.version, 1);
  assert.deepEqual(
    layout.version === 1 &&
      layout.hierarchies.map(({ name, mountData, controllers }) => ({ name, mountData, controllers })),
    [
      { name: 'cpu,cpuacct', mountData: 'cpu,cpuacct', controllers: ['cpu', 'cpuacct'] },
      { name: 'systemd', mountData: 'none,name=systemd', controllers: [] },
    ],
  );
  assert.throws(() => detectLayout('/sys/fs/cgroup', '1 0 8:1 / / rw - ext4 /dev/sda rw'), {
    kind: 'unavailable',
  });
});

test('shares and weights convert through the three fixed points and back', () => {
  assert.deepEqual([2, 1024, 262_144].map(weightFromShares), [1, 100, 10_000]);
  assert.deepEqual([1, 100, 10_000].map(sharesFromWeight), [2, 1024, 262_144]);
});

test(
  'v1: limits are applied, read back, and changed on the live cgroup in the order the kernel needs',
  v1,
  async () => {
    assert(host);
    await using made = await makeCgroup(host, {
      cpu: { quota: 50_000, period: 100_000, shares: 512 },
      memory: { limit: 64 * mebibyte, swap: 128 * mebibyte, reservation: 32 * mebibyte },
      pids: { limit: 50 },
    });
    const { cgroup } = made;
    assert.deepEqual(cgroup.warnings, []);
    const before = await cgroup.limits();
    assert.equal(before.memoryBytes, 64 * mebibyte);
    assert.equal(before.memorySwapBytes, 128 * mebibyte);
    assert.equal(before.memoryReservationBytes, 32 * mebibyte);
    assert.deepEqual(
      [before.cpuQuotaUs, before.cpuPeriodUs, before.cpuShares, before.pids],
      [50_000, 100_000, 512, 50],
    );
    assert.notEqual(before.cpusetCpus, '');

    await cgroup.update({ memory: { limit: 256 * mebibyte, swap: 512 * mebibyte }, cpu: { quota: 25_000 } });
    const raised = await cgroup.limits();
    assert.deepEqual([raised.memoryBytes, raised.memorySwapBytes], [256 * mebibyte, 512 * mebibyte]);
    assert.deepEqual([raised.cpuQuotaUs, raised.cpuShares], [25_000, 512]);

    await cgroup.update({ memory: { limit: 32 * mebibyte, swap: 32 * mebibyte } });
    assert.equal((await cgroup.limits()).memorySwapBytes, 32 * mebibyte);
    await cgroup.update({ memory: { limit: -1 }, cpu: { quota: -1 }, pids: { limit: -1 } });
    const unlimited = await cgroup.limits();
    assert.deepEqual(
      [unlimited.memoryBytes, unlimited.memorySwapBytes, unlimited.cpuQuotaUs, unlimited.pids],
      Array(4).fill(undefined),
    );
  },
);

test(
  'v1: what the kernel refuses is said in words, and nothing is left of a cgroup that cannot be made',
  v1,
  async () => {
    assert(host);
    await using made = await makeCgroup(host, { memory: { limit: 64 * mebibyte, swap: 64 * mebibyte } });
    await assert.rejects(made.cgroup.update({ memory: { limit: 128 * mebibyte } }), {
      kind: 'conflict',
      message: /smaller than already set memoryswap limit/,
    });
    await assert.rejects(made.cgroup.update({ cpu: { cpus: '4000' } }), {
      kind: 'invalid-parameter',
      message: /^Requested CPUs are not available - requested 4000, available: \d/,
    });
    await assert.rejects(host.create(`${parent}/bad`, { cpu: { quota: 1 } }), { kind: 'invalid-parameter' });
    assert.deepEqual(host.directories(`${parent}/bad`).filter(existsSync), []);
  },
);

test('v1: a memory limit below what the processes hold is refused as Docker words it', v1, async () => {
  assert(host);
  await using made = await makeCgroup(host, { memory: { limit: 200 * mebibyte, swap: 200 * mebibyte } });
  // A shell variable is anonymous memory, which cannot be reclaimed without swap.
  await runInside(
    made,
    "x=$(head -c 50000000 /dev/zero | tr '\\0' x); echo ready; while :; do sleep 100; done",
  );
  await assert.rejects(made.cgroup.update({ memory: { limit: 8 * mebibyte } }), {
    message: /^unable to set memory limit to 8388608 \(current usage: \d+, peak usage: \d+\)$/,
  });
});

for (const [version, options, root] of [
  [1, v1, '/sys/fs/cgroup'],
  [2, v2, unified],
] as const) {
  test(`v${version}: a busy process is counted, frozen, thawed and killed on removal`, options, async () => {
    await using made = await makeCgroup(createCgroups({ root }), {});
    const child = await runInside(made, 'echo ready; while :; do :; done');
    const { cgroup } = made;
    assert.deepEqual(await cgroup.pids(), [child.pid]);
    await cgroup.freeze();
    const frozen = await cgroup.stats();
    assert(frozen.cpu.usageNs > 0n);
    if (version === 1) assert.deepEqual([frozen.pids.current, frozen.pids.limit], [1, undefined]);
    assert.equal((await cgroup.stats()).cpu.usageNs, frozen.cpu.usageNs);
    await cgroup.thaw();
    assert.equal(stateOf(child.pid ?? 0), 'R');
    // Also from the frozen state, and with a cgroup the container made for itself.
    mkdirSync(join(made.manager.directories(made.path)[0] ?? '', 'nested'));
    await cgroup.freeze();
    await cgroup.remove();
    assert.deepEqual(await exit(child), [null, 'SIGKILL']);
    assert.deepEqual(made.manager.directories(made.path).filter(existsSync), []);
    await cgroup.remove();
  });
}

test('v2: a limit without its controller is refused by name', v2, async () => {
  const manager = createCgroups({ root: unified });
  if (readFileSync(join(unified, 'cgroup.controllers'), 'utf8').trim() !== '') return;
  await assert.rejects(manager.create(`${parent}/x`, { pids: { limit: 5 } }), {
    kind: 'invalid-parameter',
    message: /pids controller/,
  });
  await manager.open(parent).remove();
});

test('a stale cgroup of the same name is made anew, one with processes is a conflict', v1, async () => {
  assert(host);
  await using made = await makeCgroup(host, { pids: { limit: 7 } });
  const again = await host.create(made.path, {});
  assert.equal((await again.limits()).pids, undefined);
  const child = await runInside(made, 'echo ready; exec sleep 100');
  await assert.rejects(host.create(made.path, {}), { kind: 'conflict' });
  assert.deepEqual(await made.cgroup.pids(), [child.pid]);
});
