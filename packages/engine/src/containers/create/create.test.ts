import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerConfig, ContainerCreateBody } from '@berth/engine-api';
import { createHarness } from '../../testing/harness.ts';
import { commandOf, mergeConfig } from './merge-config.ts';

test('what makes no sense is refused in Docker’s words, and leaves nothing', async () => {
  await using harness = await createHarness();
  const rows: [ContainerCreateBody, RegExp][] = [
    [{ Image: '' }, /no image specified/],
    [{ Image: 'nosuch' }, /No such image: nosuch/],
    [{ WorkingDir: 'tmp' }, /the working directory 'tmp' is invalid, it needs to be an absolute path/],
    [{ HostConfig: { Memory: 1024 } }, /Minimum memory limit allowed is 6MB/],
    [{ HostConfig: { Memory: 64 << 20, MemorySwap: 32 << 20 } }, /Minimum memoryswap limit should be larger/],
    [{ HostConfig: { MemorySwap: 64 << 20 } }, /always set the Memory limit when using Memoryswap/],
    [{ HostConfig: { NanoCpus: 1e15 } }, /range of CPUs is from 0.01 to \d+\.00, as there are only \d+ CPUs/],
    [{ HostConfig: { NanoCpus: 1e9, CpuQuota: 5000 } }, /Nano CPUs and CPU Quota cannot both be set/],
    [{ HostConfig: { CpusetCpus: '0-x' } }, /Invalid value 0-x for cpuset cpus/],
    [{ HostConfig: { CpusetCpus: '9999' } }, /Requested CPUs are not available/],
    [{ HostConfig: { PortBindings: { 'x/tcp': [] } } }, /invalid port specification: "x\/tcp"/],
    [
      { HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '99999' }] } } },
      /invalid port specification: "99999"/,
    ],
    [{ ExposedPorts: { '80/xyz': {} } }, /invalid proto: xyz/],
    [{ HostConfig: { Binds: ['/a:b'] } }, /invalid mount path: 'b' mount path must be absolute/],
    [{ HostConfig: { Binds: ['/a:/b:xx'] } }, /invalid mode: xx/],
    [{ HostConfig: { Binds: ['/a'] } }, /invalid volume specification: '\/a'/],
    [{ HostConfig: { Binds: ['/a:/b', '/c:/b/'] } }, /Duplicate mount point: \/b/],
    [{ HostConfig: { Binds: ['/a:/'] } }, /destination can't be '\/'/],
    [
      { HostConfig: { Mounts: [{ Type: 'bind', Source: '/no/such', Target: '/x' }] } },
      /bind source path does not exist: \/no\/such/,
    ],
    [{ HostConfig: { RestartPolicy: { Name: 'often', MaximumRetryCount: 0 } } }, /unknown policy 'often'/],
    [
      { HostConfig: { AutoRemove: true, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } } },
      /can't create 'AutoRemove' container with restart policy/,
    ],
    [{ HostConfig: { CapAdd: ['FLY'] } }, /invalid CapAdd: unknown capability: "CAP_FLY"/],
    [{ HostConfig: { NetworkMode: 'container:x' }, Hostname: 'h' }, /hostname and the network mode/],
    [{ HostConfig: { Sysctls: { 'vm.swappiness': '1' } } }, /sysctl 'vm.swappiness' is not allowed/],
    [{ HostConfig: { Sysctls: { 'net..x': '1' } } }, /sysctl 'net..x' is not allowed/],
    [
      { HostConfig: { IpcMode: 'host', Sysctls: { 'kernel.msgmax': '1' } } },
      /"kernel.msgmax" is not allowed in the host's ipc namespace/,
    ],
    [
      { HostConfig: { NetworkMode: 'host', Sysctls: { 'net.ipv4.ip_forward': '1' } } },
      /is not allowed in the host's network namespace/,
    ],
    [{ HostConfig: { Dns: ['1.1.1.1\nsearch evil'] } }, /is not an ip address/],
    [{ HostConfig: { DnsSearch: ['a\nnameserver 6.6.6.6'] } }, /invalid domain: a/],
    [{ HostConfig: { ExtraHosts: ['a:b'] } }, /invalid IP address in add-host: "b"/],
    [{ HostConfig: { ExtraHosts: ['a:1.2.3.4\n5.6.7.8 b'] } }, /add-host/],
    [{ Domainname: 'a b' }, /invalid domain name format: a b/],
    [{ HostConfig: { Binds: ['/a\0b:/c'] } }, /invalid mount source: it contains a zero byte/],
    [
      {
        HostConfig: {
          Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/x', CgroupPermissions: 'rx' }],
        },
      },
      /invalid device mode: rx/,
    ],
    [{ HostConfig: { LogConfig: { Type: 'syslog', Config: {} } } }, /no log driver named 'syslog'/],
    [{ StopSignal: 'SIGNOPE' }, /Invalid signal: SIGNOPE/],
    [{ Env: ['=x'] }, /invalid environment variable: =x/],
  ];
  for (const [body, message] of rows) await assert.rejects(harness.create(body), message);
  assert.equal(harness.images.layers.size, 0);
  await assert.rejects(harness.create({}, 'a b'), /Invalid container name \(a b\), only \[a-zA-Z0-9\]/);
});

test('a name is taken once, and free again after a failed create', async () => {
  await using harness = await createHarness();
  const id = await harness.create({}, 'web');
  await assert.rejects(harness.create({}, 'web'), {
    kind: 'conflict',
    message:
      `Conflict. The container name "/web" is already in use by container "${id}". ` +
      'You have to remove (or rename) that container to be able to reuse that name.',
  });
  harness.images.createContainerLayer = async () => {
    throw new Error('disk full');
  };
  await assert.rejects(harness.create({}, 'db'), /disk full/);
  harness.images.createContainerLayer = async () => ({ lower: [], upper: '/u', work: '/w' });
  await harness.create({}, 'db');
});

test('config and image are merged as Docker does', () => {
  const image = (config: object) => ({
    architecture: 'amd64',
    os: 'linux',
    config,
    rootfs: { type: 'layers' as const, diff_ids: [] },
  });
  const command = (user: ContainerConfig, config: object): string[] => {
    const { path, args } = commandOf(mergeConfig(user, image(config)));
    return [path, ...args];
  };
  const base = { Entrypoint: ['/entry'], Cmd: ['default'] };
  assert.deepEqual(command({}, base), ['/entry', 'default']);
  assert.deepEqual(command({ Cmd: ['own'] }, base), ['/entry', 'own']);
  assert.deepEqual(command({ Entrypoint: ['/mine'] }, base), ['/mine']);
  assert.deepEqual(command({ Entrypoint: [''], Cmd: ['own'] }, base), ['own']);
  assert.throws(() => command({}, {}), /no command specified/);
  const merged = mergeConfig(
    { Env: ['A=own'], Labels: { l: 'own' } },
    image({ Env: ['A=image', 'B=image'], Labels: { l: 'image', m: 'image' }, User: 'app' }),
  );
  assert.deepEqual(merged.Env, ['A=own', 'B=image']);
  assert.deepEqual(merged.Labels, { l: 'own', m: 'image' });
  assert.equal(merged.User, 'app');
});

test('volumes of every kind become mounts', async () => {
  await using harness = await createHarness();
  const id = await harness.create({
    Volumes: { '/anonymous': {} },
    HostConfig: {
      Binds: ['named:/named:ro', '/tmp:/host'],
      Mounts: [{ Type: 'tmpfs', Target: '/scratch', TmpfsOptions: { SizeBytes: 1024 } }],
    },
  });
  const { Mounts } = await harness.inspect(id);
  assert.deepEqual(
    Mounts.map(({ Type, Destination, RW }) => [Type, Destination, RW]),
    [
      ['volume', '/anonymous', true],
      ['bind', '/host', true],
      ['volume', '/named', false],
      ['tmpfs', '/scratch', true],
    ],
  );
  await harness.engine.containers.remove(id, { force: false, volumes: true, link: false });
  assert.deepEqual([...harness.volumes.names], ['named']);
});
