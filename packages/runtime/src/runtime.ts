import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { conflict } from '@berth/engine-api';
import { createCgroups } from './cgroup/index.ts';
import type { CgroupManager } from './cgroup/types.ts';
import { type CgroupPlace, compileContainer, compileExec } from './compile.ts';
import { encodeFrame } from './frames.ts';
import type { Logger } from './logger.ts';
import { LauncherProcess, type ProcessOptions } from './process.ts';
import { encodeProgram } from './program.ts';
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

/** The container runtime. Disposing it ends its helper process and no container. */
export function createRuntime(options: RuntimeOptions): Runtime & Disposable {
  return new LauncherRuntime(options);
}

class LauncherRuntime implements Runtime, Disposable {
  readonly #options: RuntimeOptions;
  readonly #cgroups: CgroupManager;
  readonly #spawner: Spawner;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#cgroups = createCgroups(options.cgroupRoot === undefined ? {} : { root: options.cgroupRoot });
    makeParents(options.execRoot);
    this.#spawner = createSpawner(options);
  }

  get cgroupVersion(): 1 | 2 {
    return this.#cgroups.version;
  }

  async launch(request: LaunchRequest): Promise<ContainerProcess> {
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
    await using undo = new AsyncDisposableStack();
    undo.defer(async () => {
      const socket = await connecting.catch(() => undefined);
      socket?.destroy();
    });
    const cgroup = await this.#cgroups.create(path, spec.linux.resources ?? {});
    undo.defer(() => cgroup.remove());
    for (const warning of cgroup.warnings) this.#options.logger.warn({ id, warning }, 'limit not applied');
    const socket = await connecting;
    const process = this.#open({ id, kind: 'container', directory, socket, cgroup, record });
    undo.defer(() => process.abandon());
    socket.write(encodeProgram(program));
    await start(process, request.beforeStart);
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
    const socket = await this.#spawner.connect();
    await using undo = new AsyncDisposableStack();
    const process = this.#open({ id, kind: 'exec', directory, socket, cgroup, record });
    undo.defer(() => process.abandon());
    socket.write(encodeProgram(program));
    await start(process, request.beforeStart);
    undo.move();
    return process;
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
    const process = this.#open({ id, kind: 'container', directory, socket, cgroup, record: state.runtime });
    socket.write(encodeFrame(frames.CONTROL));
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
    return listDirectory(join(this.#options.execRoot, 'containers'));
  }

  [Symbol.dispose](): void {
    this.#spawner[Symbol.dispose]();
  }

  #directory(id: string): StateDirectory {
    return stateDirectory(this.#options.execRoot, 'containers', id);
  }

  #defaultCgroup(id: string): string {
    return `/berth-${this.#options.instance}/${id}`;
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

  #open(
    options: Pick<ProcessOptions, 'id' | 'kind' | 'socket' | 'cgroup' | 'record'> & {
      directory: StateDirectory;
    },
  ): LauncherProcess {
    const { directory, ...rest } = options;
    const lost = (): ExitStatus => (rest.kind === 'exec' ? killedNow() : this.#lost(rest.id));
    return new LauncherProcess({
      ...rest,
      socketPath: directory.socketPath,
      logger: this.#options.logger,
      lost,
    });
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

/** Waits until the process executes; with `beforeStart`, holds it for that. */
async function start(process: LauncherProcess, beforeStart: LaunchRequest['beforeStart']): Promise<void> {
  if (beforeStart !== undefined) {
    await process.ready;
    await beforeStart(process);
    process.go();
  }
  await process.started;
}
