/** Containers through the runtime and its launcher on cgroup v2. Runs in the machine of test-cgroup2. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import {
  type ContainerProcess,
  createRuntime,
  defaultCapabilities,
  defaultSeccompProfile,
  type OciResources,
  type OciSpec,
} from '@berth/runtime';

const mebibyte = 2 ** 20;
const directory = mkdtempSync(join(tmpdir(), 'berth-cgroup2-'));
const image = join(directory, 'image');
mkdirSync(join(image, 'bin'), { recursive: true });
for (const name of ['proc', 'sys', 'dev']) mkdirSync(join(image, name));
copyFileSync('/usr/bin/busybox', join(image, 'bin/busybox'));
chmodSync(join(image, 'bin/busybox'), 0o755);
for (const name of ['sh', 'cat', 'sleep', 'dd', 'ls', 'mknod', 'echo'])
  symlinkSync('busybox', join(image, 'bin', name));

const ignore = (): void => {};
const runtime = createRuntime({
  launcherPath: join(import.meta.dirname, '../../packages/runtime/build/launcher'),
  execRoot: join(directory, 'exec'),
  instance: 'cgroup2',
  logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
});
after(() => {
  runtime[Symbol.dispose]();
  rmSync(directory, { recursive: true, force: true });
});

function makeSpec(script: string, resources: OciResources): OciSpec {
  const capabilities = [...defaultCapabilities];
  return {
    ociVersion: '1.2.0',
    process: {
      user: { uid: 0, gid: 0 },
      args: ['/bin/sh', '-c', script],
      env: ['PATH=/bin'],
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: image },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['ro', 'nosuid', 'noexec', 'nodev'] },
      {
        destination: '/sys/fs/cgroup',
        type: 'cgroup',
        source: 'cgroup',
        options: ['ro', 'nosuid', 'noexec', 'nodev'],
      },
    ],
    linux: {
      namespaces: (['pid', 'mount', 'ipc', 'uts', 'network', 'cgroup'] as const).map((type) => ({ type })),
      resources,
      seccomp: defaultSeccompProfile(capabilities),
    },
  };
}

/** Launches a container; disposing kills and removes it. */
async function launch(script: string, resources: OciResources = {}) {
  const id = crypto.randomUUID().replaceAll('-', '');
  const upper = join(directory, id, 'upper');
  const work = join(directory, id, 'work');
  for (const path of [upper, work]) mkdirSync(path, { recursive: true });
  let output: Promise<string> | undefined;
  const process = await runtime.launch({
    id,
    spec: makeSpec(script, resources),
    overlay: { lower: [image], upper, work },
    beforeStart: async (started: ContainerProcess) => {
      output = text(await started.attach({ stdin: false, stdout: true, stderr: true }));
    },
  });
  return {
    process,
    directory: `/sys/fs/cgroup/berth-cgroup2/${id}`,
    /** Everything printed, frame headers included. */
    output: (): Promise<string> => output ?? Promise.resolve(''),
    remove: () => runtime.remove(id),
    async [Symbol.asyncDispose]() {
      process[Symbol.dispose]();
      await runtime.remove(id);
    },
  };
}

test('a container starts in its cgroup and sees it as the root of the tree', async () => {
  const resources = {
    memory: { limit: 64 * mebibyte, swap: 64 * mebibyte },
    cpu: { quota: 50_000, period: 100_000 },
  };
  await using container = await launch(
    'cat /proc/self/cgroup /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max; ls -d /sys/fs/cgroup/berth*',
    { ...resources, pids: { limit: 20 } },
  );
  assert.equal((await container.process.exited).oomKilled, false);
  const output = await container.output();
  assert.match(output, /0::\/\n/);
  assert.match(output, /67108864\n/);
  assert.match(output, /50000 100000\n/);
  assert.match(output, /No such file/);
  await container.remove();
  assert.equal(existsSync(container.directory), false);
});

test('limits change, the container pauses and resumes, and removal leaves no directory', async () => {
  await using container = await launch('while :; do :; done', { pids: { limit: 20 } });
  const { process } = container;
  assert.match(readFileSync(`/proc/${process.pid}/cgroup`, 'utf8'), /^0::\/berth-cgroup2\//);
  await process.cgroup.update({ cpu: { quota: 20_000, period: 100_000 }, memory: { limit: 32 * mebibyte } });
  const limits = await process.cgroup.limits();
  assert.deepEqual([limits.cpuQuotaUs, limits.memoryBytes, limits.pids], [20_000, 32 * mebibyte, 20]);
  await process.cgroup.freeze();
  const before = (await process.cgroup.stats()).cpu.usageNs;
  assert(before > 0n);
  assert.equal((await process.cgroup.stats()).cpu.usageNs, before);
  await process.cgroup.thaw();
  await process.signal(9);
  assert.equal((await process.exited).exitCode, 137);
  await container.remove();
  assert.equal(existsSync(container.directory), false);
});

test('a second process joins the same cgroup', async () => {
  await using container = await launch('sleep 100; :');
  const { process } = container;
  const spec = makeSpec('cat /proc/self/cgroup', {});
  let output: Promise<string> | undefined;
  using exec = await runtime.exec(process, {
    id: crypto.randomUUID().replaceAll('-', ''),
    process: spec.process,
    beforeStart: async (started: ContainerProcess) => {
      output = text(await started.attach({ stdin: false, stdout: true, stderr: true }));
    },
  });
  const printed = (await output) ?? '';
  assert.match(printed, /0::\/\n/);
  assert.equal((await exec.exited).exitCode, 0, printed);
});

test('a container killed by the OOM killer says so', async () => {
  await using container = await launch('exec dd if=/dev/zero of=/dev/null bs=50M', {
    memory: { limit: 16 * mebibyte, swap: 16 * mebibyte },
  });
  const status = await container.process.exited;
  assert.deepEqual([status.oomKilled, status.exitCode], [true, 137]);
  assert((await container.process.cgroup.stats()).memory.oomKills >= 1);
});

test('only the listed devices can be opened, by the first process and by later ones', async () => {
  const devices = [
    { allow: false, access: 'rwm' },
    { allow: true, type: 'c', access: 'm' },
    { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' },
  ] as const;
  // 1:11 is /dev/kmsg, which the kernel lets everybody open for writing.
  const script =
    'mknod /null c 1 3; mknod /kmsg c 1 11; true > /null && echo null; true > /kmsg && echo kmsg; :';
  await using open = await launch(script);
  assert.match(await open.output(), /null\n[\s\S]*kmsg\n/);
  await using container = await launch(`${script}; sleep 100; :`, { devices: [...devices] });
  let output: Promise<string> | undefined;
  using exec = await runtime.exec(container.process, {
    id: crypto.randomUUID().replaceAll('-', ''),
    process: makeSpec('mknod /kmsg2 c 1 11; true > /kmsg2', {}).process,
    beforeStart: async (started: ContainerProcess) => {
      output = text(await started.attach({ stdin: false, stdout: true, stderr: true }));
    },
  });
  assert.match((await output) ?? '', /kmsg2: Operation not permitted/);
  assert.equal((await exec.exited).exitCode, 1);
  await container.process.signal(9);
  const printed = await container.output();
  assert.match(printed, /null\n/);
  assert.match(printed, /kmsg: Operation not permitted/);
  assert.doesNotMatch(printed, /kmsg\n/);
});
