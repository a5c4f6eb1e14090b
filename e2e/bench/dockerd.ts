/** Debian's real dockerd with its own data-root, exec-root, socket and bridge, to measure beside berthd. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { apiRequest } from '../lib/api-request.ts';
import { until } from '../lib/until.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

export class PrivateDockerd implements AsyncDisposable {
  readonly directory: string;
  readonly socketPath: string;
  readonly #bridge = 'bthdocker0';
  #daemon: ChildProcess | undefined;

  private constructor(directory: string) {
    this.directory = directory;
    this.socketPath = join(directory, 'docker.sock');
  }

  static async start(): Promise<PrivateDockerd> {
    const dockerd = new PrivateDockerd(await mkdtemp(join(tmpdir(), 'berth-bench-')));
    try {
      await dockerd.#start();
      return dockerd;
    } catch (error) {
      await dockerd[Symbol.asyncDispose]();
      throw error;
    }
  }

  get daemonPid(): number {
    return this.#daemon?.pid ?? 0;
  }

  async #start(): Promise<void> {
    await run('ip', ['link', 'add', this.#bridge, 'type', 'bridge']);
    await run('ip', ['addr', 'add', '10.99.0.1/24', 'dev', this.#bridge]);
    await run('ip', ['link', 'set', this.#bridge, 'up']);
    const flags = [
      ...['--data-root', join(this.directory, 'data'), '--exec-root', join(this.directory, 'exec')],
      ...['--pidfile', join(this.directory, 'pid'), '-H', `unix://${this.socketPath}`, '-b', this.#bridge],
    ];
    this.#daemon = spawn('dockerd', flags, { stdio: 'ignore' });
    await until('dockerd answers', () =>
      apiRequest(this.socketPath, { method: 'GET', path: '/_ping' }).then(
        (answer) => answer.status === 200,
        () => false,
      ),
    );
    const body = createReadStream(join(root, '.berth/busybox.tar'));
    await apiRequest(this.socketPath, { method: 'POST', path: '/images/load?quiet=1', body });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const daemon = this.#daemon;
    if (daemon && daemon.exitCode === null) {
      const exited = once(daemon, 'exit');
      daemon.kill('SIGTERM');
      await exited;
    }
    await run('ip', ['link', 'delete', this.#bridge]).catch(() => undefined);
    await rm(this.directory, { recursive: true, force: true });
  }
}
