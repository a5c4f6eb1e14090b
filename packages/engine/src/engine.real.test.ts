/** The engine on the real parts and the real kernel. Needs root, the built C programs and a static busybox. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Duplex, duplexPair, Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import type { ContainerCreateBody } from '@berth/engine-api';
import { createArchiver, createImages } from '@berth/images';
import { createNetworks, removeInstance } from '@berth/network';
import { createRuntime } from '@berth/runtime';
import { createVolumes } from '@berth/volumes';
import { createEngine } from './create-engine.ts';
import type { Engine, LogsQuery } from './types.ts';

const packages = resolve(import.meta.dirname, '../..');
const launcherPath = join(packages, 'runtime/build/launcher');
const archiverPath = join(packages, 'images/build/archiver');
const busybox = '/bin/busybox';
const missing = [launcherPath, archiverPath, busybox].find((path) => !existsSync(path));
const skip = process.getuid?.() !== 0 ? 'needs root' : missing ? `needs ${missing}` : false;

const live = new AbortController().signal;
let root = '';
let engine: Engine;

const quiet = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (fields: object, message: string) => console.error(message, fields),
};

function networkOptions() {
  const instance = createHash('sha256').update(root).digest('hex').slice(0, 8);
  return {
    dataRoot: join(root, 'data'),
    execRoot: join(root, 'exec'),
    instance,
    bridge: `bt${instance.slice(0, 6)}`,
    bip: '10.211.77.1/24',
    logger: quiet,
  };
}

async function startEngine(): Promise<Engine> {
  const { dataRoot, execRoot, instance } = networkOptions();
  return createEngine({
    runtime: createRuntime({ launcherPath, execRoot, instance, logger: quiet }),
    images: createImages({ dataRoot, archiverPath, logger: quiet }),
    networks: createNetworks(networkOptions()),
    volumes: createVolumes({ dataRoot, archiver: createArchiver(archiverPath) }),
    dataRoot,
    execRoot,
    instance,
    config: {},
    logger: quiet,
  });
}

/** One layer with busybox and its links. */
async function importBusybox(): Promise<void> {
  const tree = join(root, 'tree');
  for (const directory of ['bin', 'etc', 'tmp', 'srv'])
    await mkdir(join(tree, directory), { recursive: true });
  await copyFile(busybox, join(tree, 'bin/busybox'));
  await chmod(join(tree, 'bin/busybox'), 0o755);
  for (const name of [
    'sh',
    'cat',
    'sleep',
    'echo',
    'true',
    'seq',
    'tty',
    'stty',
    'id',
    'httpd',
    'kill',
    'nc',
  ]) {
    execFileSync('ln', ['-s', 'busybox', join(tree, 'bin', name)]);
  }
  execFileSync('sh', [
    '-c',
    'echo root:x:0:0:root:/root:/bin/sh > "$1/etc/passwd"; echo file > "$1/srv/file"',
    'sh',
    tree,
  ]);
  const archive = execFileSync('tar', ['-C', tree, '-c', '.'], { maxBuffer: 64 << 20 });
  await engine.images.import(Readable.from([archive]), {
    repository: 'busybox',
    tag: 'latest',
    changes: ['CMD ["sh"]', 'ENV FROM_IMAGE=yes'],
    signal: live,
  });
}

before(async () => {
  if (skip) return;
  root = await mkdtemp(join(tmpdir(), 'berth-real-'));
  await Promise.all([mkdir(join(root, 'data')), mkdir(join(root, 'exec'))]);
  engine = await startEngine();
  await importBusybox();
});

after(async () => {
  if (skip || root === '') return;
  const all = await engine.containers.list({ all: true, limit: undefined, size: false, filters: {} });
  await Promise.all(
    all.map(({ Id }) => engine.containers.remove(Id, { force: true, volumes: true, link: false })),
  );
  await engine.close({ stopContainers: true });
  await removeInstance(networkOptions());
  await removeCgroups();
  await rm(root, { recursive: true, force: true });
});

/** The parent of all containers' cgroups, which the engine keeps as long as it is installed. */
async function removeCgroups(): Promise<void> {
  const bases = [
    '/sys/fs/cgroup',
    ...(await readdir('/sys/fs/cgroup')).map((name) => join('/sys/fs/cgroup', name)),
  ];
  const parents = bases.map((base) => join(base, `berth-${networkOptions().instance}`)).filter(existsSync);
  await Promise.all(parents.map((path) => rmdir(path)));
}

const create = async (body: ContainerCreateBody, name?: string): Promise<string> =>
  (await engine.containers.create({ Image: 'busybox', ...body }, { name, platform: undefined })).Id;
const start = (id: string): Promise<void> => engine.containers.start(id, { detachKeys: undefined });
const remove = (id: string): Promise<void> =>
  engine.containers.remove(id, { force: true, volumes: true, link: false });

async function exitCode(id: string): Promise<number> {
  return (await (await engine.containers.wait(id, 'not-running', live)).result).StatusCode;
}

async function run(body: ContainerCreateBody): Promise<{ code: number; output: string }> {
  const id = await create({ Tty: true, ...body });
  await start(id);
  const code = await exitCode(id);
  const output = await logsOf(id);
  await remove(id);
  return { code, output };
}

async function logsOf(id: string, more: Partial<LogsQuery> = {}): Promise<string> {
  const { stream } = await engine.containers.logs(id, {
    stdout: true,
    stderr: true,
    follow: false,
    timestamps: false,
    tail: 'all',
    since: undefined,
    until: undefined,
    details: false,
    signal: live,
    ...more,
  });
  return Buffer.concat(await stream.toArray()).toString();
}

/** A client's connection: what the engine joins, and what the client holds. */
function connection(): { client: Duplex; server: Duplex; output: Promise<string> } {
  const [client, server] = duplexPair();
  const output = client.toArray().then((chunks: Buffer[]) => Buffer.concat(chunks).toString());
  return { client, server, output };
}

test('a container runs, its output is logged, its exit code is known', { skip }, async () => {
  const { code, output } = await run({
    Cmd: ['sh', '-c', 'echo $FROM_IMAGE $HOSTNAME; cat /etc/hosts; exit 7'],
    Hostname: 'box',
  });
  assert.equal(code, 7);
  assert.match(output, /^yes box\r\n/);
  assert.match(output, /10\.211\.77\.\d+\tbox/);
});

test('a program that is not there is a start error with exit code 127', { skip }, async () => {
  const id = await create({ Cmd: ['nosuch'] });
  await assert.rejects(start(id), {
    kind: 'invalid-parameter',
    message: /executable file not found in \$PATH/,
  });
  const { State } = await engine.containers.inspect(id, { size: false });
  assert.deepEqual([State.Status, State.ExitCode], ['created', 127]);
  await remove(id);
});

test('a client attached before the start types and reads; the end of its input ends cat', {
  skip,
}, async () => {
  const id = await create({ Cmd: ['cat'], OpenStdin: true, StdinOnce: true });
  const { join: joinClient } = await engine.containers.attach(id, {
    stdin: true,
    stdout: true,
    stderr: true,
    logs: false,
    stream: true,
    detachKeys: undefined,
  });
  const { client, server, output } = connection();
  const joined = joinClient(server);
  await start(id);
  client.end('hello\n');
  await joined;
  assert.equal(await exitCode(id), 0);
  assert.match(await output, /hello\n$/);
  await remove(id);
});

test('exec runs beside the container, with and without a terminal', { skip }, async () => {
  const id = await create({ Cmd: ['sleep', '60'] });
  await start(id);
  for (const Tty of [false, true]) {
    const exec = await engine.containers.createExec(id, {
      Cmd: ['sh', '-c', 'tty; echo $X; exit 3'],
      Env: ['X=1'],
      Tty,
      AttachStdout: true,
      AttachStderr: true,
    });
    const { server, output } = connection();
    const { join: joinClient } = await engine.containers.startExec(exec.Id, {
      detach: false,
      tty: Tty,
      consoleSize: undefined,
    });
    await joinClient(server);
    assert.match(await output, Tty ? /\/dev\/pts\/\d+\r\n1\r\n/ : /not a tty/);
    assert.equal((await engine.containers.inspectExec(exec.Id)).ExitCode, 3);
  }
  await remove(id);
});

test('limits hold in the kernel, before and after an update', { skip }, async () => {
  const id = await create({
    Cmd: ['sleep', '60'],
    HostConfig: { Memory: 64 << 20, NanoCpus: 500_000_000, PidsLimit: 50 },
  });
  await start(id);
  const first = await engine.containers.kernelLimits(id);
  assert.deepEqual([first.memoryBytes, first.cpuQuotaUs, first.pids], [64 << 20, 50_000, 50]);
  await engine.containers.update(id, { Memory: 32 << 20, NanoCpus: 250_000_000 });
  const second = await engine.containers.kernelLimits(id);
  assert.deepEqual([second.memoryBytes, second.cpuQuotaUs], [32 << 20, 25_000]);
  await engine.containers.update(id, { NanoCpus: -1, Memory: -1 });
  const third = await engine.containers.kernelLimits(id);
  assert.deepEqual([third.memoryBytes, third.cpuQuotaUs], [null, null]);
  for await (const sample of engine.containers.stats(id, { stream: false, oneShot: true, signal: live })) {
    assert.equal(sample.pids_stats.current, 1);
    assert.ok((sample.memory_stats.usage ?? 0) > 0);
    assert.ok(sample.networks?.eth0);
  }
  const { Processes } = await engine.containers.top(id, '');
  assert.deepEqual(
    Processes.map((row) => row.at(-1)),
    ['sleep 60'],
  );
  await remove(id);
});

test('pause stops the clock, unpause lets it go on, stop ends it', { skip }, async () => {
  const id = await create({
    Cmd: ['sh', '-c', 'trap "exit 9" TERM; echo ready; while true; do sleep 0.05; done'],
  });
  await start(id);
  const following = logsOf(id, { follow: true });
  await engine.containers.pause(id);
  assert.equal((await engine.containers.inspect(id, { size: false })).State.Status, 'paused');
  await engine.containers.unpause(id);
  await engine.containers.stop(id, { timeoutS: 10, signal: undefined });
  const code = (await engine.containers.inspect(id, { size: false })).State.ExitCode;
  // The shell may not have come to its trap before the signal did: then the signal ended it, or SIGKILL.
  assert.ok([9, 143, 137].includes(code), String(code));
  await following;
  await remove(id);
});

test('volumes keep data, binds show host files, read-only ones refuse', { skip }, async () => {
  const Binds = [`${root}/tree/srv:/host:ro`, 'kept:/srv'];
  const first = await run({
    Cmd: ['sh', '-c', 'cat /srv/file /host/file; echo new > /srv/more; echo x > /host/x'],
    HostConfig: { Binds },
  });
  assert.match(first.output, /^file\r\nfile\r\n/);
  assert.notEqual(first.code, 0);
  const second = await run({ Cmd: ['cat', '/srv/more'], HostConfig: { Binds } });
  assert.equal(second.output, 'new\r\n');
  await engine.volumes.remove('kept', { force: false });
});

test('a published port answers, and is free again after the stop', { skip }, async () => {
  const port = await freePort();
  const id = await create({
    Cmd: ['sh', '-c', 'while true; do echo pong | nc -l -p 80; done'],
    HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] } },
  });
  await start(id);
  const { NetworkSettings } = await engine.containers.inspect(id, { size: false });
  assert.deepEqual(NetworkSettings.Ports, { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] });
  const other = await create({
    HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] } },
  });
  await assert.rejects(start(other), /port is already allocated|address already in use/);
  await engine.containers.stop(id, { timeoutS: 0, signal: undefined });
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await Promise.all([remove(id), remove(other)]);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

test('containers go on without the daemon, and the next one takes them over', { skip }, async () => {
  const running = await create({ Cmd: ['sh', '-c', 'echo before; cat; exit 5'], OpenStdin: true }, 'goes-on');
  const ending = await create({ Cmd: ['sh', '-c', 'sleep 0.1; exit 6'] }, 'ends');
  await Promise.all([start(running), start(ending)]);
  const { State, NetworkSettings } = await engine.containers.inspect('goes-on', { size: false });
  const ended = (await engine.containers.wait('ends', 'not-running', live)).result;
  await engine.close({ stopContainers: false });
  engine = await startEngine();
  const after = await engine.containers.inspect('goes-on', { size: false });
  assert.deepEqual([after.State.Status, after.State.Pid], ['running', State.Pid]);
  assert.equal(after.NetworkSettings.IPAddress, NetworkSettings.IPAddress);
  assert.equal(await exitCode('ends'), 6);
  void ended;
  const attached = await engine.containers.attach('goes-on', {
    stdin: true,
    stdout: true,
    stderr: true,
    logs: true,
    stream: true,
    detachKeys: undefined,
  });
  const { client, server, output } = connection();
  const joined = attached.join(server);
  client.write('typed\n');
  const following = logsOf('goes-on', { follow: true });
  await engine.containers.kill('goes-on', { signal: 'KILL' });
  await joined;
  assert.match(await output, /before\n/);
  assert.match(await following, /before\n/);
  await Promise.all([remove(running), remove(ending)]);
});

test('removed containers leave nothing in the kernel or on disk', { skip }, async () => {
  const ids = await Promise.all(Array.from({ length: 5 }, () => create({ Cmd: ['sleep', '60'] })));
  await Promise.all(ids.map(start));
  await Promise.all(ids.map(remove));
  await engine.close({ stopContainers: false });
  const { dataRoot, execRoot, instance } = networkOptions();
  try {
    assert.deepEqual(await readdir(join(dataRoot, 'containers')), []);
    assert.deepEqual(await readdir(join(execRoot, 'containers')), []);
    const mounts = await readFile('/proc/self/mountinfo', 'utf8');
    assert.ok(!mounts.includes(join(dataRoot, 'overlay2')));
    const cgroup = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup']
      .map((base) => join(base, `berth-${instance}`))
      .find(existsSync);
    const left = cgroup
      ? (await readdir(cgroup, { withFileTypes: true })).filter((entry) => entry.isDirectory())
      : [];
    assert.deepEqual(left, []);
  } finally {
    // The end of the file cleans up with it.
    engine = await startEngine();
  }
});
