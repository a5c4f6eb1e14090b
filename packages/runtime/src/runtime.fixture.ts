/** A busybox root, a runtime with directories of its own, and their end; for tests that start real containers. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createCgroups } from './cgroup/index.ts';
import { createRuntime } from './runtime.ts';
import type { OciMount, OciProcess, OciSpec } from './spec.ts';
import type { ContainerProcess, ExitStatus, LaunchRequest, OverlayRoot, Runtime } from './types.ts';

export const skipReason = process.getuid?.() === 0 ? false : 'needs root: starts containers';

export const launcherPath = join(import.meta.dirname, '../build/launcher');

const applets = ['sh', 'true', 'false', 'cat', 'echo', 'ls', 'id', 'sleep', 'stat', 'head', 'wc', 'mkdir'];
const moreApplets = [
  'mount',
  'umount',
  'env',
  'stty',
  'tty',
  'kill',
  'seq',
  'dd',
  'readlink',
  'touch',
  'test',
  'yes',
];

function makeRoot(root: string): void {
  for (const directory of ['bin', 'etc', 'root', 'tmp', 'home/bob']) {
    mkdirSync(join(root, directory), { recursive: true });
  }
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  for (const applet of [...applets, ...moreApplets]) {
    symlinkSync('busybox', join(root, 'bin', applet));
  }
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/sh\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nbob:x:1000:\nwheel:x:10:root,bob\naudio:x:63:bob\n');
  writeFileSync(join(root, 'bin/plain'), 'no magic, no script\n');
  chmodSync(join(root, 'bin/plain'), 0o755);
  writeFileSync(join(root, 'bin/data'), 'not executable\n');
}

/** Docker's mounts. */
export const standardMounts: OciMount[] = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  {
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: ['ro', 'nosuid', 'noexec', 'nodev'],
  },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
  {
    destination: '/dev/shm',
    type: 'tmpfs',
    source: 'shm',
    options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=67108864'],
  },
];

export interface SpecChanges {
  process?: Partial<OciProcess>;
  mounts?: OciMount[];
  linux?: Partial<OciSpec['linux']>;
  root?: Partial<OciSpec['root']>;
}

const capabilities = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_KILL', 'CAP_SETGID', 'CAP_SETUID', 'CAP_MKNOD'];

export function makeProcess(args: string[], changes: Partial<OciProcess> = {}): OciProcess {
  return {
    user: { uid: 0, gid: 0 },
    args,
    env: ['PATH=/bin'],
    cwd: '/',
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    ...changes,
  };
}

export function makeSpec(args: string[], changes: SpecChanges = {}): OciSpec {
  return {
    ociVersion: '1.2.0',
    process: makeProcess(args, changes.process),
    root: { path: '', ...changes.root },
    hostname: 'boxed',
    mounts: [...standardMounts, ...(changes.mounts ?? [])],
    linux: {
      namespaces: (['pid', 'network', 'mount', 'ipc', 'uts', 'cgroup'] as const).map((type) => ({ type })),
      maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/sys/firmware'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
      ...changes.linux,
    },
  };
}

export const silent = { debug() {}, info() {}, warn() {}, error() {} };

export interface TestHost extends AsyncDisposable {
  directory: string;
  execRoot: string;
  instance: string;
  runtime: Runtime & Disposable;
  /** A layer over the busybox root for this container. */
  overlay(id: string, extraLower?: string): OverlayRoot;
  logPath(id: string): string;
  launch(
    args: string[],
    changes?: SpecChanges,
    request?: Partial<LaunchRequest>,
  ): Promise<ContainerProcess & { logged(): Promise<Logged> }>;
  /** Runs to the end. */
  run(args: string[], changes?: SpecChanges, request?: Partial<LaunchRequest>): Promise<Logged & ExitStatus>;
  records(id: string): LogRecord[];
}

export interface LogRecord {
  log: string;
  stream: 'stdout' | 'stderr';
  time: string;
}

export interface Logged {
  stdout: string;
  stderr: string;
}

/** The records of a log file. */
export const readRecords = (path: string): LogRecord[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogRecord);

export function makeHost(): TestHost {
  execFileSync('make', ['-s', '-C', join(import.meta.dirname, '../native')], { stdio: 'inherit' });
  const directory = mkdtempSync(join(tmpdir(), 'berth-runtime-'));
  const execRoot = join(directory, 'exec');
  const instance = randomBytes(4).toString('hex');
  makeRoot(join(directory, 'root'));
  mkdirSync(join(directory, 'logs'));
  const runtime = createRuntime({ launcherPath, execRoot, instance, logger: silent });
  let count = 0;

  const logPath = (id: string): string => join(directory, 'logs', `${id}.log`);
  const overlay = (id: string, extraLower?: string): OverlayRoot => {
    const [upper, work] = ['upper', 'work'].map((name) => join(directory, 'layers', id, name));
    if (upper === undefined || work === undefined) throw new Error('two names');
    for (const path of [upper, work]) mkdirSync(path, { recursive: true });
    const lower = join(directory, 'root');
    return { lower: extraLower === undefined ? [lower] : [extraLower, lower], upper, work };
  };
  const text = (id: string, stream: string): string =>
    readRecords(logPath(id))
      .filter((record) => record.stream === stream)
      .map(({ log }) => log)
      .join('');

  const host: TestHost = {
    directory,
    execRoot,
    instance,
    runtime,
    overlay,
    logPath,
    records: (id) => readRecords(logPath(id)),
    async launch(args, changes, request) {
      count += 1;
      const id = request?.id ?? `c${count}`;
      const spec = makeSpec(args, changes);
      const launched = await runtime.launch({
        id,
        spec,
        overlay: overlay(id),
        log: { path: logPath(id) },
        ...request,
      });
      const logged = async (): Promise<Logged> => {
        await launched.exited;
        return { stdout: text(id, 'stdout'), stderr: text(id, 'stderr') };
      };
      return Object.assign(launched, { logged });
    },
    async run(args, changes, request) {
      const launched = await host.launch(args, changes, request);
      return { ...(await launched.exited), ...(await launched.logged()) };
    },
    async [Symbol.asyncDispose]() {
      for (const id of await runtime.list()) {
        const found = await runtime.reconnect(id);
        if (found !== undefined && 'pid' in found) {
          await found.signal(9).catch(() => undefined);
          await found.exited;
        }
        await runtime.remove(id);
      }
      runtime[Symbol.dispose]();
      await createCgroups().open(`/berth-${instance}`).remove();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return host;
}

/** Everything that comes until the end. */
export async function readAll(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Reads until `wanted` has come. */
export async function readUntil(stream: Duplex, wanted: string): Promise<string> {
  let text = '';
  while (!text.includes(wanted)) {
    const chunk = stream.read() as Buffer | null;
    if (chunk === null) await once(stream, 'readable');
    else text += chunk.toString();
  }
  return text;
}

/** Takes Docker's multiplexed stream apart. */
export function demultiplex(data: Buffer): Logged {
  const texts: Buffer[][] = [[], [], []];
  for (let at = 0; at < data.length; ) {
    const length = data.readUInt32BE(at + 4);
    texts[data.readUInt8(at)]?.push(data.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  const [, stdout = [], stderr = []] = texts;
  return { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}
