import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerConfig, HostConfig } from '@berth/engine-api';
import { allCapabilities } from '@berth/runtime';
import { buildSpec, type SpecInput } from './build.ts';

const spec = (hostConfig: HostConfig = {}, config: ContainerConfig = {}, more: Partial<SpecInput> = {}) =>
  buildSpec({
    args: ['sleep', '1'],
    config,
    hostConfig,
    hostname: 'box',
    cgroupsPath: 'berth-01234567/abc',
    cgroupVersion: 1,
    namespaces: { network: '/netns/abc' },
    mounts: [],
    files: [{ destination: '/etc/hosts', source: '/c/hosts' }],
    devices: { nodes: [], rules: [] },
    defaults: { ulimits: {}, noNewPrivileges: false, seccomp: undefined },
    ...more,
  });

const mountAt = (built: ReturnType<typeof spec>, path: string) =>
  built.mounts.find(({ destination }) => destination === path);

test('a plain container is confined as by Docker', () => {
  const built = spec();
  assert.equal(built.process.capabilities?.bounding?.length, 14);
  assert.deepEqual(built.process.env, [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOSTNAME=box',
  ]);
  assert.deepEqual(
    built.linux.namespaces.map(({ type }) => type),
    ['mount', 'network', 'uts', 'pid', 'ipc'],
  );
  assert.ok(built.linux.maskedPaths?.includes('/proc/kcore'));
  assert.ok(built.linux.readonlyPaths?.includes('/proc/sys'));
  assert.ok(built.linux.seccomp);
  assert.deepEqual(built.linux.resources?.devices?.[0], { allow: false, access: 'rwm' });
  assert.ok(mountAt(built, '/sys')?.options?.includes('ro'));
  assert.ok(mountAt(built, '/dev/shm')?.options?.includes('size=67108864'));
  assert.equal(mountAt(built, '/etc/hosts')?.source, '/c/hosts');
});

test('a privileged container is not', () => {
  const built = spec({ Privileged: true });
  assert.deepEqual(built.process.capabilities?.bounding, allCapabilities());
  assert.deepEqual(built.linux.maskedPaths, []);
  assert.equal(built.linux.seccomp, undefined);
  assert.deepEqual(built.linux.resources?.devices, [{ allow: true, access: 'rwm' }]);
  assert.ok(mountAt(built, '/sys')?.options?.includes('rw'));
});

test('capabilities are added and dropped', () => {
  const of = (hostConfig: HostConfig) => spec(hostConfig).process.capabilities?.bounding ?? [];
  assert.ok(of({ CapAdd: ['net_admin'] }).includes('CAP_NET_ADMIN'));
  assert.ok(!of({ CapDrop: ['CHOWN'] }).includes('CAP_CHOWN'));
  assert.deepEqual(of({ CapDrop: ['ALL'], CapAdd: ['KILL'] }), ['CAP_KILL']);
  assert.ok(!of({ CapAdd: ['ALL'], CapDrop: ['SYS_ADMIN'] }).includes('CAP_SYS_ADMIN'));
});

test('limits reach the resources', () => {
  const { resources } = spec({
    NanoCpus: 500_000_000,
    CpuShares: 512,
    CpusetCpus: '0',
    Memory: 64 << 20,
    MemorySwap: 128 << 20,
    MemoryReservation: 32 << 20,
    PidsLimit: 50,
  }).linux;
  assert.deepEqual(resources?.cpu, { shares: 512, cpus: '0', period: 100_000, quota: 50_000 });
  assert.deepEqual(resources?.memory, { limit: 64 << 20, reservation: 32 << 20, swap: 128 << 20 });
  assert.deepEqual(resources?.pids, { limit: 50 });
});

test('mounts of the user come sorted, with their options, and replace those of the system', () => {
  const common = { propagation: 'rprivate', recursive: true, options: '', readOnly: false };
  const built = spec(
    {},
    {},
    {
      mounts: [
        { ...common, type: 'bind', source: '/host/deep', destination: '/data/deep', readOnly: true },
        { ...common, type: 'bind', source: '/host', destination: '/data' },
        { ...common, type: 'tmpfs', source: '', destination: '/dev/shm', options: 'size=1m,exec' },
      ],
    },
  );
  assert.deepEqual(mountAt(built, '/data/deep')?.options, ['rbind', 'rprivate', 'ro']);
  const order = built.mounts.map(({ destination }) => destination);
  assert.ok(order.indexOf('/data') < order.indexOf('/data/deep'));
  assert.equal(order.filter((path) => path === '/dev/shm').length, 1);
  assert.deepEqual(mountAt(built, '/dev/shm')?.options, ['nosuid', 'nodev', 'size=1m', 'exec']);
});

test('namespaces follow the modes', () => {
  const types = (hostConfig: HostConfig, namespaces: SpecInput['namespaces']) =>
    spec(hostConfig, {}, { namespaces }).linux.namespaces;
  assert.ok(!types({}, { network: 'host' }).some(({ type }) => type === 'network'));
  assert.ok(!types({ UTSMode: 'host' }, { network: 'host' }).some(({ type }) => type === 'uts'));
  assert.deepEqual(
    types({}, { network: '/proc/1/ns/net', pid: '/proc/1/ns/pid' }).filter(({ path }) => path),
    [
      { type: 'network', path: '/proc/1/ns/net' },
      { type: 'pid', path: '/proc/1/ns/pid' },
    ],
  );
  assert.ok(types({ CgroupnsMode: 'private' }, { network: 'host' }).some(({ type }) => type === 'cgroup'));
});

test('terminal, working directory, environment and rlimits reach the process', () => {
  const { process } = spec(
    { Ulimits: [{ Name: 'nofile', Soft: 10, Hard: 20 }], ConsoleSize: [24, 80], OomScoreAdj: 5 },
    { Tty: true, WorkingDir: '/srv', Env: ['A=1', 'PATH=/bin', 'HOSTNAME'] },
  );
  assert.deepEqual(process.env, ['PATH=/bin', 'TERM=xterm', 'A=1']);
  assert.equal(process.cwd, '/srv');
  assert.deepEqual(process.consoleSize, { height: 24, width: 80 });
  assert.deepEqual(process.rlimits, [{ type: 'RLIMIT_NOFILE', soft: 10, hard: 20 }]);
  assert.equal(process.oomScoreAdj, 5);
});
