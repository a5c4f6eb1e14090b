/** `npm start` as a user runs it, with private folders, socket, bridge and port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PrivateBerthd } from './private-berthd.ts';

const root = join(import.meta.dirname, '../..');

/** A TCP port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}

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

  static async start(): Promise<PrivateConsole> {
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
        env: { ...process.env, BERTH_SETUP_CODE: 'e2e-setup-code' },
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
