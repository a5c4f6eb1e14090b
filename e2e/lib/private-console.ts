/** `npm start` as a user runs it, with private folders, socket, bridge and port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { PrivateBerthd } from './private-berthd.ts';

const root = join(import.meta.dirname, '../..');

export class PrivateConsole implements AsyncDisposable {
  readonly engine: PrivateBerthd;
  readonly address: string;
  readonly setupCode = 'e2e-setup-code';
  readonly #child: ChildProcess;

  private constructor(engine: PrivateBerthd, address: string, child: ChildProcess) {
    this.engine = engine;
    this.address = address;
    this.#child = child;
  }

  /** @param settings variables of the console's environment, such as BERTH_ORIGIN */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<PrivateConsole> {
    const engine = await PrivateBerthd.reserve();
    const port = await freePort();
    const child = spawn(
      process.execPath,
      [
        ...[join(root, 'scripts/start.mjs'), ...engine.flags],
        ...['--console-port', String(port), '--console-data', join(engine.directory, 'console')],
      ],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, BERTH_SETUP_CODE: 'e2e-setup-code', ...settings },
      },
    );
    let log = '';
    const started = new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => {
          log += chunk;
          if (log.includes('Ctrl-C stops Berth')) resolve();
        });
      child.once('exit', () => reject(new Error(`npm start ended:\n${log}`)));
    });
    await started;
    return new PrivateConsole(engine, `http://localhost:${port}`, child);
  }

  /** Where the console itself listens. */
  get port(): number {
    return Number(new URL(this.address).port);
  }

  /** Process ids of berthd and of the console's server. */
  async processes(): Promise<{ berthd: number; console: number }> {
    const { pid } = this.#child;
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
    const [berthd, console] = children.map(Number);
    if (!berthd || !console) throw new Error(`npm start has these children: ${children.join(' ')}`);
    return { berthd, console };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { stdout } = await this.engine.docker('ps', '-aq');
    const ids = stdout.split('\n').filter(Boolean);
    if (ids.length > 0) await this.engine.docker('rm', '-f', ...ids);
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
    await this.engine[Symbol.asyncDispose]();
  }
}
