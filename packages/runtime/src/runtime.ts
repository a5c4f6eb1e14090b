import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { conflict, isEngineError } from '@berth/engine-api';
import { createCgroups } from './cgroup/index.ts';
import type { CgroupManager } from './cgroup/types.ts';
import { type CgroupPlace, compileContainer, compileExec } from './compile.ts';
import { encodeFrame } from './frames.ts';
import type { Logger } from './logger.ts';
import { LauncherProcess, launcherGone, type ProcessOptions } from './process.ts';
import { encodeProgram, type Program } from './program.ts';
import { frames } from './protocol.ts';
import { compileSeccomp } from './seccomp/index.ts';
import { createSpawner, type Spawner } from './spawner.ts';
import {
  listDirectory,
  makeParents,
  processStartTime,
  type StateDirectory,
  stateDirectory,
} from './state-directory.ts';
import type { ContainerProcess, ExecRequest, ExitStatus, LaunchRequest, Runtime } from './types.ts';
import { connectUnix } from './unix-socket.ts';

export interface RuntimeOptions {
  /** The launcher program (packages/runtime/build/launcher). */
  launcherPath: string;
  /** Directory for what is lost on reboot, on a tmpfs. */
  execRoot: string;
  /** Names this daemon's cgroups apart from another one's. */
  instance: string;
  logger: Logger;
  /** Where cgroups are mounted, /sys/fs/cgroup unless told otherwise. */
  cgroupRoot?: string;
}

export interface LauncherRuntime extends Runtime, Disposable {
  /** Settles when cgroups that an earlier daemon left half-way through a launch are gone. Never rejects. */
  readonly swept: Promise<void>;
}

/** The container runtime. Disposing it ends its helper process and no container. */
export function createRuntime(options: RuntimeOptions): LauncherRuntime {
  return new NativeRuntime(options);
}

type OpenOptions = Pick<ProcessOptions, 'id' | 'kind' | 'cgroup' | 'record'> & { directory: StateDirectory };

class NativeRuntime implements LauncherRuntime {
  readonly swept: Promise<void>;
  readonly #options: RuntimeOptions;
  readonly #cgroups: CgroupManager;
  readonly #spawner: Spawner;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#cgroups = createCgroups(options.cgroupRoot === undefined ? {} : { root: options.cgroupRoot });
    makeParents(options.execRoot);
    this.#spawner = createSpawner(options);
    // Looked for now, before this daemon makes any.
    this.swept = this.#sweep(this.#orphans());
  }

  get cgroupVersion(): 1 | 2 {
    return this.#cgroups.version;
  }

  async launch(request: LaunchRequest): Promise<ContainerProcess> {
    await this.swept;
    const { spec, id } = request;
    const directory = this.#directory(id);
    const path = spec.linux.cgroupsPath ?? this.#defaultCgroup(id);
    const { program, record } = compileContainer({
      ...request,
      hold: request.beforeStart !== undefined,
      stateDir: directory.path,
      spillDir: request.log === undefined ? directory.path : dirname(request.log.path),
      cgroup: this.#place(
        path,
        spec.linux.namespaces.some(({ type }) => type === 'cgroup'),
      ),
      seccomp: spec.linux.seccomp && compileSeccomp(spec.linux.seccomp),
    });
    const connecting = this.#spawner.connect();
    connecting.catch(() => undefined);
    await using undo = new AsyncDisposableStack();
    undo.defer(async () => {
      const socket = await connecting.catch(() => undefined);
      socket?.destroy();
    });
    const cgroup = await this.#cgroups.create(path, spec.linux.resources ?? {});
    undo.defer(() => cgroup.remove());
    for (const warning of cgroup.warnings) this.#options.logger.warn({ id, warning }, 'limit not applied');
    const options = { id, kind: 'container', directory, cgroup, record } as const;
    const process = await this.#start(options, connecting, program, request.beforeStart);
    undo.move();
    return process;
  }

  async exec(container: ContainerProcess, request: ExecRequest): Promise<ContainerProcess> {
    if (!(container instanceof LauncherProcess)) throw conflict('not a container of this runtime');
    const { id } = request;
    const { record, cgroup, pid, startTime } = container;
    const directory = stateDirectory(this.#options.execRoot, 'execs', id);
    const program = compileExec({
      ...request,
      record,
      hold: request.beforeStart !== undefined,
      stateDir: directory.path,
      target: { pid, startTime },
      cgroup: { version: this.#cgroups.version, joinFiles: this.#cgroups.joinFiles(record.cgroupsPath) },
    });
    const options = { id, kind: 'exec', directory, cgroup, record } as const;
    return await this.#start(options, this.#spawner.connect(), program, request.beforeStart);
  }

  /** Hands the program to a launcher. One that was never heard of died with the spawner; the next one will do. */
  async #start(
    options: OpenOptions,
    connecting: Promise<Socket>,
    program: Program,
    beforeStart: LaunchRequest['beforeStart'],
  ): Promise<LauncherProcess> {
    const frame = encodeProgram(program);
    const first = this.#open(options, await connecting);
    try {
      return await start(first, frame, beforeStart);
    } catch (error) {
      if (!isEngineError(error) || error.code !== launcherGone || first.heard) throw error;
      return await start(this.#open(options, await this.#spawner.connect()), frame, beforeStart);
    }
  }

  async reconnect(id: string): Promise<ContainerProcess | ExitStatus | undefined> {
    const directory = this.#directory(id);
    const known = directory.exit();
    if (known !== undefined) return known;
    const state = directory.state();
    if (state?.runtime == null) return undefined;
    const socket = await connectUnix(directory.socketPath).catch(() => undefined);
    // Nobody listens: it ended just now, and wrote its exit file before it stopped to listen, or it was killed.
    if (socket === undefined) return this.#lost(id);
    const cgroup = this.#cgroups.open(state.runtime.cgroupsPath);
    const process = this.#open({ id, kind: 'container', directory, cgroup, record: state.runtime }, socket);
    process.send(encodeFrame(frames.CONTROL));
    try {
      await process.started;
      return process;
    } catch {
      return this.#lost(id);
    }
  }

  async remove(id: string): Promise<void> {
    const directory = this.#directory(id);
    const path = directory.state()?.runtime?.cgroupsPath ?? this.#defaultCgroup(id);
    await this.#cgroups.open(path).remove();
    directory.remove();
  }

  async list(): Promise<string[]> {
    return this.#ids();
  }

  [Symbol.dispose](): void {
    this.#spawner[Symbol.dispose]();
  }

  /** Cgroups of this instance that belong to no state directory: their launch was cut off. */
  #orphans(): Set<string> {
    const known = new Set(this.#ids());
    const names = this.#cgroups
      .directories(this.#instanceCgroup)
      .flatMap((directory) => listDirectory(directory, 'directories'));
    return new Set(names.filter((name) => !known.has(name)));
  }

  async #sweep(orphans: Set<string>): Promise<void> {
    for (const name of orphans) {
      const path = `${this.#instanceCgroup}/${name}`;
      await this.#cgroups
        .open(path)
        .remove()
        .catch((error: unknown) =>
          this.#options.logger.warn({ path, error }, 'cannot remove an orphan cgroup'),
        );
    }
  }

  #ids(): string[] {
    return listDirectory(join(this.#options.execRoot, 'containers'));
  }

  get #instanceCgroup(): string {
    return `/berth-${this.#options.instance}`;
  }

  #directory(id: string): StateDirectory {
    return stateDirectory(this.#options.execRoot, 'containers', id);
  }

  #defaultCgroup(id: string): string {
    return `${this.#instanceCgroup}/${id}`;
  }

  #place(path: string, ownCgroupNamespace: boolean): CgroupPlace {
    return {
      version: this.#cgroups.version,
      layout: this.#cgroups.layout,
      path,
      ownCgroupNamespace,
      cgroupDirectories: this.#cgroups.directories(path),
      joinFiles: this.#cgroups.joinFiles(path),
      oomFile: this.#cgroups.oomFile(path),
    };
  }

  #open(options: OpenOptions, socket: Socket): LauncherProcess {
    const { directory, ...rest } = options;
    const lost = (): ExitStatus => (rest.kind === 'exec' ? killedNow() : this.#lost(rest.id));
    const { logger } = this.#options;
    return new LauncherProcess({ ...rest, socket, socketPath: directory.socketPath, logger, lost });
  }

  /**
   * The launcher is gone and did not say how the process ended. Either that is in the exit file, or the launcher
   * was killed. The kernel then kills the process, too; make sure of it, and record the end as what it was: SIGKILL.
   */
  #lost(id: string): ExitStatus {
    const directory = this.#directory(id);
    const known = directory.exit();
    if (known !== undefined) return known;
    const state = directory.state();
    if (state !== undefined && processStartTime(state.pid) === state.startTime) {
      process.kill(state.pid, 'SIGKILL');
    }
    const status = killedNow();
    directory.writeExit(status);
    this.#options.logger.error({ id }, 'the launcher of a container was killed, and the container with it');
    return status;
  }
}

const killedNow = (): ExitStatus => ({
  exitCode: 128 + constants.signals.SIGKILL,
  exitedAt: new Date(),
  oomKilled: false,
});

/** Waits until the process executes; with `beforeStart`, holds it for that. Gives the launch up on failure. */
async function start(
  process: LauncherProcess,
  frame: Buffer,
  beforeStart: LaunchRequest['beforeStart'],
): Promise<LauncherProcess> {
  await using undo = new AsyncDisposableStack();
  undo.defer(() => process.abandon());
  process.send(frame);
  if (beforeStart !== undefined) {
    await process.ready;
    await beforeStart(process);
    process.send(encodeFrame(frames.GO));
  }
  await process.started;
  undo.move();
  return process;
}
