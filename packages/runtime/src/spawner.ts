/**
 * The long-lived `launcher serve`, which forks a launcher for every connection: forking a small static program takes
 * a fraction of what starting one from a large Node process takes. It ends with this process, its launchers do not.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { unavailable } from '@berth/engine-api';
import type { Logger } from './logger.ts';
import { connectUnix } from './unix-socket.ts';

export interface Spawner extends Disposable {
  /** A connection whose other end is a fresh launcher waiting for its program. */
  connect(): Promise<Socket>;
}

const socketName = 'launcher.sock';

export function createSpawner(options: { launcherPath: string; execRoot: string; logger: Logger }): Spawner {
  const { launcherPath, execRoot, logger } = options;
  let serving: Promise<ChildProcess> | undefined;

  const start = (): Promise<ChildProcess> => {
    mkdirSync(execRoot, { recursive: true, mode: 0o711 });
    const started = startServing(launcherPath, execRoot, logger);
    const forget = (): void => {
      if (serving === started) serving = undefined;
    };
    started.then((child) => child.once('exit', forget), forget);
    serving = started;
    return started;
  };

  const connect = async (): Promise<Socket> => {
    await (serving ?? start());
    return await connectUnix(join(execRoot, socketName));
  };

  return {
    async connect() {
      try {
        return await connect();
      } catch (error) {
        if (!isGone(error)) throw error;
        // It was killed, and its exit has not been noticed here yet.
        serving = undefined;
        return await connect();
      }
    },
    [Symbol.dispose]() {
      serving?.then((child) => child.stdin?.destroy()).catch(() => undefined);
      serving = undefined;
    },
  };
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ENOENT');

/** Resolves when it listens. Its standard input is the lifeline: the kernel closes it with this process. */
function startServing(launcherPath: string, execRoot: string, logger: Logger): Promise<ChildProcess> {
  const { promise, resolve, reject } = Promise.withResolvers<ChildProcess>();
  const child = spawn(launcherPath, ['serve', socketName], {
    cwd: execRoot,
    // A session of its own: ^C in berthd's terminal is not for it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { stdin, stdout, stderr } = child;
  stderr.on('data', (text: Buffer) => logger.warn({ launcher: text.toString().trim() }, 'launcher reported'));
  stdin.on('error', () => undefined);
  child.once('error', (cause) =>
    reject(unavailable(`cannot start ${launcherPath}: ${cause.message}`, { cause })),
  );
  child.once('exit', (code, signal) =>
    reject(unavailable(`${launcherPath} ended early (${signal ?? code})`)),
  );
  stdout.once('data', () => {
    // Neither the process nor its pipes keep this one alive.
    child.unref();
    for (const stream of [stdin, stdout, stderr]) unref(stream);
    resolve(child);
  });
  return promise;
}

function unref(stream: object): void {
  if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
}
