/** A process with its launcher, seen from berthd: one control connection, and one more per attached client. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getSystemErrorName } from 'node:util';
import { conflict, internal } from '@berth/engine-api';
import {
  decodeExit,
  decodeFailure,
  decodeState,
  encodeFrame,
  type Frame,
  FrameReader,
  type ProcessState,
} from './frames.ts';
import { LaunchError } from './launch-error.ts';
import type { Logger } from './logger.ts';
import { attachFlags, frames } from './protocol.ts';
import type { ContainerRecord } from './record.ts';
import type { AttachOptions, Cgroup, ContainerProcess, ExitStatus, TerminalSize } from './types.ts';
import { connectUnix } from './unix-socket.ts';

export interface ProcessOptions {
  id: string;
  kind: 'container' | 'exec';
  socket: Socket;
  /** The launcher's own socket, for clients. */
  socketPath: string;
  cgroup: Cgroup;
  record: ContainerRecord;
  logger: Logger;
  /** How it ended when the launcher did not say: it was killed, or this daemon came too late. */
  lost: () => ExitStatus;
}

/** Code of the error when the launcher ended before it said anything. */
export const launcherGone = 'launcher-gone';

type Deferred<T> = PromiseWithResolvers<T>;

const deferred = <T>(): Deferred<T> => {
  const result = Promise.withResolvers<T>();
  // Whoever is not waiting for this one does not want to hear of its failure either.
  result.promise.catch(() => undefined);
  return result;
};

export class LauncherProcess implements ContainerProcess {
  readonly id: string;
  readonly cgroup: Cgroup;
  readonly record: ContainerRecord;
  readonly exited: Promise<ExitStatus>;
  readonly #options: ProcessOptions;
  readonly #exit = deferred<ExitStatus>();
  readonly #ready = deferred<void>();
  readonly #started = deferred<void>();
  /** Requests in the order sent; the launcher answers in the same order. */
  readonly #requests: Deferred<number>[] = [];
  readonly #frames = new FrameReader();
  #state: ProcessState | undefined;
  #ended = false;
  #heard = false;
  #letGo = false;

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.id = options.id;
    this.cgroup = options.cgroup;
    this.record = options.record;
    this.exited = this.#exit.promise;
    const { socket } = options;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => options.logger.debug({ id: this.id, error }, 'launcher connection broke'));
    // The launcher is gone: nothing said to it would be heard.
    socket.on('end', () => socket.end());
    socket.on('close', () => this.#lose());
  }

  get pid(): number {
    return this.#known().pid;
  }

  get startTime(): bigint {
    return this.#known().startTime;
  }

  get terminal(): boolean {
    return this.#known().terminal;
  }

  get startedAt(): Date {
    return this.#known().startedAt;
  }

  /** Resolves when the process is set up and held. @throws LaunchError */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves when the program was executed. @throws LaunchError */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** The launcher has said something; until then there may never have been one. */
  get heard(): boolean {
    return this.#heard;
  }

  /** The program, or a frame that has no answer. */
  send(frame: Buffer): void {
    this.#options.socket.write(frame);
  }

  /** Gives up a launch: the launcher ends the process and cleans up. Resolves when it has. */
  async abandon(): Promise<void> {
    const { socket } = this.#options;
    if (socket.closed) return;
    const closed = once(socket, 'close');
    socket.end();
    await closed;
  }

  async attach(options: AttachOptions): Promise<Duplex> {
    if (this.#ended) throw this.#notRunning();
    const { STDIN, STDOUT, STDERR, STDIN_ONCE } = attachFlags;
    const wanted = [
      options.stdin && STDIN,
      options.stdout && STDOUT,
      options.stderr && STDERR,
      options.stdin && options.stdinOnce && STDIN_ONCE,
    ];
    const flags = wanted.reduce<number>((sum, flag) => sum | (flag || 0), 0);
    const socket = await connectUnix(this.#options.socketPath).catch((cause: unknown) => {
      throw this.#notRunning(cause);
    });
    socket.once('end', () => socket.end());
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    // The launcher may end at this very moment. The listener stays: an error nobody listens to ends the daemon.
    socket.once('error', (cause) => reject(this.#notRunning(cause)));
    socket.write(encodeFrame(frames.ATTACH, flags), (error) => {
      if (!error) resolve(socket);
    });
    return await promise;
  }

  async signal(signal: number): Promise<void> {
    const errno = await this.#request(encodeFrame(frames.SIGNAL, signal));
    if (errno !== 0) throw this.#refused(errno, `send signal ${signal}`);
  }

  async resize({ rows, columns }: TerminalSize): Promise<void> {
    const errno = await this.#request(encodeFrame(frames.RESIZE, rows, columns));
    if (errno !== 0) throw this.#refused(errno, 'resize the terminal');
  }

  [Symbol.dispose](): void {
    this.#letGo = true;
    this.#options.socket.destroy();
  }

  #known(): ProcessState {
    if (this.#state === undefined) throw internal(`process ${this.id} is not set up yet`);
    return this.#state;
  }

  #notRunning(cause?: unknown) {
    return conflict(`container ${this.id} is not running`, { cause });
  }

  #refused(errno: number, what: string) {
    const name = getSystemErrorName(-errno);
    return name === 'ESRCH' ? this.#notRunning() : internal(`cannot ${what} of ${this.id}: ${name}`);
  }

  async #request(frame: Buffer): Promise<number> {
    if (this.#ended) throw this.#notRunning();
    const answer = deferred<number>();
    this.#requests.push(answer);
    this.#options.socket.write(frame);
    return await answer.promise;
  }

  #receive(chunk: Buffer): void {
    this.#heard = true;
    try {
      for (const frame of this.#frames.push(chunk)) this.#handle(frame);
    } catch (error) {
      this.#options.logger.error({ id: this.id, error }, 'launcher sent nonsense');
      this.#options.socket.destroy();
    }
  }

  #handle({ type, payload }: Frame): void {
    const { id, kind, logger } = this.#options;
    switch (type) {
      case frames.READY:
        this.#state = decodeState(payload);
        this.#ready.resolve();
        break;
      case frames.STARTED:
        this.#state = decodeState(payload);
        this.#ready.resolve();
        this.#started.resolve();
        break;
      case frames.FAILED:
        this.#fail(new LaunchError(kind, decodeFailure(payload)));
        break;
      case frames.WARNING:
        logger.warn({ id, warning: payload.toString() }, 'launcher warned');
        break;
      case frames.EXIT:
        this.#end(decodeExit(payload));
        break;
      case frames.DONE:
        this.#requests.shift()?.resolve(payload.readUInt32LE(0));
        break;
      default:
        logger.warn({ id, type }, 'launcher sent an unknown frame');
    }
  }

  #fail(error: Error): void {
    this.#ready.reject(error);
    this.#started.reject(error);
  }

  #end(status: ExitStatus): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#exit.resolve(status);
    for (const request of this.#requests.splice(0)) request.reject(this.#notRunning());
    // Nothing more will come; a launcher that still serves slow clients does not need this connection.
    this.#options.socket.end();
  }

  #lose(): void {
    // The connection was given up here: nothing is known of the process, which goes on.
    if (this.#letGo) return;
    this.#fail(internal(`the launcher of ${this.id} ended without an answer`, { code: launcherGone }));
    if (!this.#ended && this.#state !== undefined) this.#end(this.#options.lost());
  }
}
