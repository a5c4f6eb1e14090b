/** One more process in a running container. */
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { conflict, type ExecCreateBody, type ExecInspect, invalidParameter } from '@berth/engine-api';
import {
  allCapabilities,
  type ContainerProcess,
  type ExecRequest,
  type OciProcess,
  type TerminalSize,
} from '@berth/runtime';
import { parseDetachKeys } from '../attach/detach-keys.ts';
import { joinStreams } from '../attach/join-streams.ts';
import { openPipe } from '../attach/open-pipe.ts';
import type { Container } from '../containers/container.ts';
import { launchExitCode } from '../containers/lifecycle/launch.ts';
import { hostnameOf } from '../containers/lifecycle/network-files.ts';
import { buildProcess } from '../containers/spec/build.ts';
import { overrideEnvironment } from '../containers/spec/environment.ts';
import { type EngineContext, emitContainerEvent } from '../context.ts';
import type { StreamJoin } from '../types.ts';
import { newId } from '../util/ids.ts';
import { deferred } from '../util/wakeups.ts';
import { checkCanExec, type ExecStore } from './exec-store.ts';

export interface Exec {
  readonly id: string;
  readonly container: Container;
  readonly body: ExecCreateBody;
  readonly detachKeys: readonly number[];
  state: 'created' | 'running' | 'ended';
  exitCode: number | undefined;
  pid: number;
  process: ContainerProcess | undefined;
  /** Settles when `exitCode` is there. */
  exitKnown: Promise<void> | undefined;
  /** Asked for before the terminal existed. */
  size: TerminalSize | undefined;
}

export interface StartExecOptions {
  detach: boolean;
  tty: boolean;
  consoleSize: TerminalSize | undefined;
}

export class Execs {
  readonly #context: EngineContext;
  readonly #store: ExecStore;

  constructor(context: EngineContext, store: ExecStore) {
    this.#context = context;
    this.#store = store;
  }

  /** @throws invalidParameter, conflict when the container does not run */
  create(container: Container, body: ExecCreateBody): { Id: string } {
    const command = body.Cmd ?? [];
    if (command.length === 0) throw invalidParameter('No exec command specified');
    if (body.WorkingDir && !body.WorkingDir.startsWith('/')) {
      throw invalidParameter(
        `the working directory '${body.WorkingDir}' is invalid, it needs to be an absolute path`,
      );
    }
    if (command.some((word) => word.includes('\0'))) {
      throw invalidParameter('the exec command must not contain a zero byte');
    }
    const detachKeys = parseDetachKeys(body.DetachKeys);
    checkCanExec(container);
    const exec: Exec = {
      id: newId(),
      container,
      body,
      detachKeys,
      state: 'created',
      exitCode: undefined,
      pid: 0,
      process: undefined,
      exitKnown: undefined,
      size: sizeOf(body.ConsoleSize),
    };
    this.#store.add(exec);
    this.#emit(exec, `exec_create: ${command.join(' ')}`);
    return { Id: exec.id };
  }

  /** @throws conflict when it was started before; detached, what keeps the program from executing */
  async start(id: string, options: StartExecOptions): Promise<{ join: StreamJoin; multiplexed: boolean }> {
    const exec = this.#store.get(id);
    if (exec.state === 'ended') throw conflict(`exec command ${id} has already run`);
    if (exec.state === 'running') throw conflict(`exec command ${id} is already running`);
    checkCanExec(exec.container);
    exec.state = 'running';
    if (options.consoleSize) exec.size = options.consoleSize;
    const multiplexed = !(exec.body.Tty ?? false);
    if (options.detach) {
      await this.#launch(exec, undefined);
      return { join: async (client) => void client.end(), multiplexed };
    }
    return { join: (client) => this.#join(exec, client), multiplexed };
  }

  async resize(id: string, size: TerminalSize): Promise<void> {
    const exec = this.#store.getActive(id);
    exec.size = size;
    if (exec.process?.terminal) await exec.process.resize(size);
  }

  inspect(id: string): ExecInspect {
    const exec = this.#store.get(id);
    const [entrypoint = '', ...words] = exec.body.Cmd ?? [];
    return {
      ID: exec.id,
      Running: exec.state === 'running',
      ExitCode: exec.exitCode ?? null,
      ProcessConfig: {
        tty: exec.body.Tty ?? false,
        entrypoint,
        arguments: words,
        privileged: exec.body.Privileged ?? false,
        ...(exec.body.User ? { user: exec.body.User } : {}),
      },
      OpenStdin: exec.body.AttachStdin ?? false,
      OpenStderr: exec.body.AttachStderr ?? false,
      OpenStdout: exec.body.AttachStdout ?? false,
      CanRemove: exec.state === 'ended',
      ContainerID: exec.container.id,
      DetachKeys: exec.body.DetachKeys ?? '',
      Pid: exec.pid,
    };
  }

  async #join(exec: Exec, client: Duplex): Promise<void> {
    const { AttachStdin: stdin = false, Tty: tty = false } = exec.body;
    const attached = deferred<Duplex>();
    try {
      await this.#launch(exec, async (process) => {
        const { AttachStdout: stdout = false, AttachStderr: stderr = false } = exec.body;
        attached.resolve(await openPipe(process, { stdin, stdout, stderr, stdinOnce: stdin && !tty }));
      });
    } catch (error) {
      // The connection is already taken over, so the client reads the reason where the output would be.
      const message = error instanceof Error ? error.message : String(error);
      client.end(frame(`${message}\r\n`, !tty), () => client.destroy());
      return;
    }
    await joinStreams(client, await attached.promise, {
      stdin,
      closeStdin: stdin && !tty,
      detachKeys: tty ? exec.detachKeys : undefined,
      onDetach: () => this.#emit(exec, 'exec_detach'),
      exitKnown: exec.exitKnown,
    });
  }

  async #launch(exec: Exec, beforeStart: ExecRequest['beforeStart']): Promise<void> {
    const { container, body } = exec;
    this.#emit(exec, `exec_start: ${(body.Cmd ?? []).join(' ')}`);
    try {
      checkCanExec(container);
      if (!container.process) throw conflict(`container ${container.id} is not running`);
      const process = await this.#context.runtime.exec(container.process, {
        id: exec.id,
        process: execProcess(this.#context, exec),
        user: body.User || container.config.User || '0',
        openStdin: body.AttachStdin ?? false,
        ...(beforeStart ? { beforeStart } : {}),
      });
      exec.process = process;
      exec.pid = process.pid;
      exec.exitKnown = process.exited.then(({ exitCode }) => this.#ended(exec, exitCode));
    } catch (error) {
      // Docker knows of execs only "not found" and "cannot".
      this.#ended(exec, launchExitCode(error) === 127 ? 127 : 126);
      if (isGone(error)) throw conflict(`container ${container.id} is not running`, { cause: error });
      throw error;
    }
  }

  #ended(exec: Exec, exitCode: number): void {
    exec.state = 'ended';
    exec.exitCode = exitCode;
    exec.process?.[Symbol.dispose]();
    exec.process = undefined;
    this.#store.ended(exec);
    this.#emit(exec, 'exec_die', { exitCode: String(exitCode) });
  }

  #emit(exec: Exec, action: string, extra: Record<string, string> = {}): void {
    emitContainerEvent(this.#context, exec.container, action, { execID: exec.id, ...extra });
  }
}

/** The container's own process with another program; privileged ones may do everything. */
export function execProcess(context: EngineContext, exec: Exec): OciProcess {
  const { container, body } = exec;
  const terminal = body.Tty ?? false;
  const process = buildProcess({
    args: body.Cmd ?? [],
    config: { ...container.config, Tty: terminal },
    hostConfig: container.hostConfig,
    hostname: hostnameOf(container),
    defaults: context.specDefaults,
  });
  process.env = overrideEnvironment(process.env, body.Env ?? []);
  if (body.WorkingDir) process.cwd = body.WorkingDir;
  if (body.Privileged) {
    const all = allCapabilities();
    process.capabilities = { bounding: all, effective: all, permitted: all };
  }
  delete process.consoleSize;
  if (terminal && exec.size) process.consoleSize = { height: exec.size.rows, width: exec.size.columns };
  return process;
}

/** ESRCH: the container ended while the process was on its way into it. */
const isGone = (error: unknown): boolean =>
  error instanceof Error && 'errno' in error && error.errno === constants.errno.ESRCH;

function sizeOf(consoleSize: readonly number[] | undefined): TerminalSize | undefined {
  const [rows = 0, columns = 0] = consoleSize ?? [];
  return rows > 0 && columns > 0 ? { rows, columns } : undefined;
}

function frame(text: string, multiplexed: boolean): Buffer {
  const bytes = Buffer.from(text);
  if (!multiplexed) return bytes;
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}
