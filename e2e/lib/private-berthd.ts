/**
 * A berthd of one's own for a test: private data-root, exec-root, socket and bridge, so that several tests
 * run at once and beside a running Berth. Disposing it removes every container, the daemon and all its objects.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ApiAnswer, apiRequest } from './api-request.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** cgroup folders of an instance, deepest first. Others' cgroups may come and go meanwhile. */
async function cgroupsOf(instance: string, folder = '/sys/fs/cgroup'): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const below = entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
  const found = (await Promise.all(below.map((path) => cgroupsOf(instance, path)))).flat();
  return folder.includes(`/berth-${instance}`) ? [...found, folder] : found;
}

export interface CommandResult {
  stdout: string;
  stderr: string;
  code: number;
}

export class PrivateBerthd implements AsyncDisposable {
  readonly directory: string;
  readonly bridge = `bth${randomBytes(4).toString('hex')}`;
  readonly subnet = `10.${randomInt(100, 250)}.${randomInt(0, 250)}`;
  readonly socketPath: string;
  readonly dataRoot: string;
  readonly execRoot: string;
  #daemon: ChildProcess | undefined;
  #log = '';

  private constructor(directory: string) {
    this.directory = directory;
    this.socketPath = join(directory, 'berth.sock');
    this.dataRoot = join(directory, 'data');
    this.execRoot = join(directory, 'exec');
  }

  /** The private names and folders alone; somebody else starts a berthd with `flags`. */
  static async reserve(): Promise<PrivateBerthd> {
    const directory = await mkdtemp(join(tmpdir(), 'berth-e2e-'));
    // The console's unprivileged user must reach the socket below.
    await chmod(directory, 0o755);
    return new PrivateBerthd(directory);
  }

  /** A running berthd that has `busybox:latest`. */
  static async start(): Promise<PrivateBerthd> {
    const berthd = await PrivateBerthd.reserve();
    try {
      await berthd.startDaemon();
      const loaded = await apiRequest(berthd.socketPath, {
        method: 'POST',
        path: '/images/load?quiet=1',
        body: createReadStream(join(root, '.berth/busybox.tar')),
      });
      if (loaded.status !== 200) throw new Error(`loading busybox: ${loaded.status} ${loaded.text}`);
      return berthd;
    } catch (error) {
      await berthd[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The flags this berthd runs with, for starting one more in the same place. */
  get flags(): string[] {
    return [
      ...['--data-root', this.dataRoot, '--exec-root', this.execRoot],
      ...['--pidfile', join(this.directory, 'berthd.pid'), '-H', `unix://${this.socketPath}`],
      ...['--bridge', this.bridge, '--bip', `${this.subnet}.1/24`],
    ];
  }

  get daemonPid(): number {
    const pid = this.#daemon?.pid;
    if (pid === undefined) throw new Error('berthd is not running');
    return pid;
  }

  /** Everything berthd has written to its log. */
  get log(): string {
    return this.#log;
  }

  /** Starts the daemon; resolves when it answers. */
  async startDaemon(): Promise<void> {
    const daemon = spawn(process.execPath, [join(root, 'apps/engine/src/main.ts'), ...this.flags], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#daemon = daemon;
    for (const stream of [daemon.stdout, daemon.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#log += chunk;
      });
    const ended = once(daemon, 'exit').then(() => {
      throw new Error(`berthd ended before it was ready:\n${this.#log}`);
    });
    await Promise.race([once(daemon, 'message'), ended]);
    ended.catch(() => undefined);
  }

  /** Ends the daemon, containers go on. */
  async stopDaemon(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (!daemon || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const exited = once(daemon, 'exit');
    daemon.kill(signal);
    await exited;
  }

  request(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    return apiRequest(this.socketPath, { method, path, ...(body === undefined ? {} : { json: body }) });
  }

  /** Runs the real docker CLI against this berthd; never throws for a failing command. */
  async docker(...args: string[]): Promise<CommandResult> {
    const cli = process.env.DOCKER_CLI ?? 'docker';
    try {
      const { stdout, stderr } = await run(cli, ['-H', `unix://${this.socketPath}`, ...args], {
        timeout: 60_000,
        maxBuffer: 64 << 20,
      });
      return { stdout, stderr, code: 0 };
    } catch (error) {
      const { stdout = '', stderr = String(error), code = 1 } = error as Partial<CommandResult>;
      return { stdout, stderr, code: typeof code === 'number' ? code : 1 };
    }
  }

  /** What would be left on the host: bridge and veths, cgroups, rules, mounts, namespaces that carry this instance. */
  async leftovers(): Promise<string[]> {
    const { instanceOf } = await import('@berth/engine-api');
    const instance = instanceOf(this.dataRoot);
    const found: string[] = [];
    const links = await run('ip', ['-o', 'link', 'show', 'master', this.bridge]).catch(() => ({
      stdout: '',
    }));
    found.push(...links.stdout.split('\n').filter(Boolean));
    const mounts = await run('cat', ['/proc/self/mounts']);
    found.push(...mounts.stdout.split('\n').filter((line) => line.includes(this.directory)));
    const groups = await cgroupsOf(instance);
    found.push(...groups.filter((path) => !path.endsWith(instance)));
    const rules = await run('iptables-save', []).catch(() => ({ stdout: '' }));
    found.push(
      ...rules.stdout.split('\n').filter((line) => line.includes(`--to-destination ${this.subnet}.`)),
    );
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#daemon) await this.startDaemon().catch(() => undefined);
    if (this.#daemon && existsSync(this.socketPath)) {
      const { stdout } = await this.docker('ps', '-aq');
      const ids = stdout.split('\n').filter(Boolean);
      if (ids.length > 0) await this.docker('rm', '-f', ...ids);
    }
    await this.stopDaemon();
    await this.#removeHostObjects();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** berthd keeps its bridge and chains for running containers; the test that made them takes them away. */
  async #removeHostObjects(): Promise<void> {
    const { instanceOf } = await import('@berth/engine-api');
    const instance = instanceOf(this.dataRoot);
    await run('ip', ['link', 'delete', this.bridge]).catch(() => undefined);
    for (const table of ['filter', 'nat']) {
      const { stdout } = await run('iptables-save', ['-t', table]);
      const rules = stdout.split('\n').filter((line) => line.includes(instance));
      for (const rule of rules.filter((line) => line.startsWith('-A')))
        await run('iptables', ['-t', table, ...rule.replace(/^-A/, '-D').split(' ')]).catch(() => undefined);
      for (const chain of rules.filter((line) => line.startsWith(':')))
        await run('iptables', ['-t', table, '-X', chain.slice(1).split(' ')[0] ?? '']).catch(() => undefined);
    }
    for (const directory of await cgroupsOf(instance)) await run('rmdir', [directory]).catch(() => undefined);
  }
}
