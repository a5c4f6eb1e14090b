/**
 * Moves containers from state to state. Whatever changes the state of a container runs in its mutex; waiting for
 * a process to end does not, as its end needs the mutex too.
 */
import { conflict, notModified } from '@berth/engine-api';
import type { ContainerProcess, ExitStatus } from '@berth/runtime';
import { defaultStopTimeoutS } from '../../config.ts';
import { type EngineContext, emitContainerEvent } from '../../context.ts';
import { parseSignal } from '../../util/signals.ts';
import type { Container } from '../container.ts';
import { isActive, isRunning, moveTo } from '../state.ts';
import { launch, launchExitCode } from './launch.ts';
import { Releases } from './releases.ts';
import { type RemoveOptions, Remover } from './remover.ts';
import { nextDelayMs, shouldRestart } from './restart-policy.ts';

const sigkill = 9;
/** Docker's `--shutdown-timeout`. */
const shutdownTimeoutS = 15;

/** Parts that hold something for a container as long as it runs or exists. */
export interface LifecycleListeners {
  onEnded(container: Container): void;
  onRemoved(container: Container): void;
}

export class Lifecycle {
  readonly #context: EngineContext;
  readonly #releases: Releases;
  readonly #remover: Remover;
  readonly #listeners: LifecycleListeners;

  constructor(context: EngineContext, listeners: LifecycleListeners) {
    this.#context = context;
    this.#listeners = listeners;
    this.#releases = new Releases(context);
    this.#remover = new Remover(context, this.#releases, listeners.onRemoved);
  }

  /** @throws notModified when it runs, invalidParameter when its program cannot be executed */
  start(container: Container): Promise<void> {
    return container.mutex.run(async () => {
      const { status } = container.state;
      if (status === 'paused') throw conflict('cannot start a paused container, try unpause instead');
      if (isRunning(container.state)) throw notModified('');
      refuseRemoved(container, 'started');
      container.restartCount = 0;
      container.restartDelayMs = 0;
      container.manuallyStopped = false;
      await this.#launch(container);
    });
  }

  async stop(container: Container, options: { timeoutS?: number; signal?: string }): Promise<void> {
    if (await this.#cancelRestart(container)) return;
    if (!isActive(container.state)) throw notModified('');
    await this.#end(container, options);
    emitContainerEvent(this.#context, container, 'stop');
  }

  async restart(container: Container, options: { timeoutS?: number; signal?: string }): Promise<void> {
    refuseRemoved(container, 'restarted');
    container.keepOnExit = true;
    try {
      await this.#cancelRestart(container);
      if (isActive(container.state)) {
        await this.#end(container, options);
        emitContainerEvent(this.#context, container, 'stop');
      }
      await this.start(container).catch(ignoreStarted);
    } finally {
      container.keepOnExit = false;
    }
    emitContainerEvent(this.#context, container, 'restart');
  }

  /** With SIGKILL it resolves when the container has ended, as Docker does; else when the signal was sent. */
  async kill(container: Container, signal: string | undefined, reference: string): Promise<void> {
    const number = signal ? parseSignal(signal) : sigkill;
    const running = container.state.status === 'restarting' ? undefined : container.process;
    if (!running) {
      if (await this.#cancelRestart(container)) return;
      throw conflict(`cannot kill container: ${reference}: container ${container.id} is not running`);
    }
    const stopSignal = parseSignal(container.config.StopSignal || 'SIGTERM');
    await this.#signal(container, number, number === sigkill || number === stopSignal);
    if (number === sigkill) await container.exitHandled;
  }

  pause(container: Container): Promise<void> {
    return container.mutex.run(async () => {
      const { status } = container.state;
      if (status === 'paused') throw conflict(`Container ${container.id} is already paused`);
      if (status === 'restarting') {
        throw conflict(`Container ${container.id} is restarting, wait until the container is running`);
      }
      if (status !== 'running' || !container.process) {
        throw conflict(`Container ${container.id} is not running`);
      }
      await container.process.cgroup.freeze();
      moveTo(container.state, 'paused');
      emitContainerEvent(this.#context, container, 'pause');
      await this.#context.store.saveState(container);
    });
  }

  unpause(container: Container): Promise<void> {
    return container.mutex.run(async () => {
      if (container.state.status !== 'paused' || !container.process) {
        throw conflict(`Container ${container.id} is not paused`);
      }
      await container.process.cgroup.thaw();
      moveTo(container.state, 'running');
      emitContainerEvent(this.#context, container, 'unpause');
      await this.#context.store.saveState(container);
    });
  }

  /** @throws conflict when it runs and `force` is off */
  async remove(container: Container, options: RemoveOptions): Promise<void> {
    for (let removed = false; !removed; ) {
      if (isRunning(container.state)) {
        if (!options.force) throw runningConflict(container);
        container.manuallyStopped = true;
        await this.#cancelRestart(container);
        if (container.process) await this.#signal(container, sigkill, true).catch(ignoreEnded);
        await container.exitHandled;
      }
      removed = await container.mutex.run(async () => {
        // Somebody else started it meanwhile.
        if (isRunning(container.state)) return false;
        await this.#remover.remove(container, options);
        return true;
      });
    }
  }

  /**
   * Takes over a process of an earlier daemon. Nothing is announced: for the user it never stopped.
   */
  adopt(container: Container, process: ContainerProcess): void {
    this.#watch(container, process);
  }

  /** Handles an exit that happened while no daemon was there. */
  exitedMeanwhile(container: Container, status: ExitStatus): Promise<void> {
    return container.mutex.run(() => this.#handleExit(container, status, true));
  }

  /** Starts a container that its restart policy wants running when the daemon starts. */
  async startByPolicy(container: Container): Promise<void> {
    await this.#context.background.run('start a container', { containerId: container.id }, () =>
      this.start(container),
    );
  }

  /** As `stop`, but the restart policy of the container holds for the next daemon. */
  async stopForShutdown(container: Container): Promise<void> {
    const before = container.manuallyStopped;
    await this.#end(container, { timeoutS: this.#context.config.shutdownTimeoutS ?? shutdownTimeoutS });
    container.manuallyStopped = before;
    await this.#context.store.saveState(container);
  }

  /** The daemon goes, the container stays. */
  letGo(container: Container): void {
    container.process?.[Symbol.dispose]();
  }

  /** Resolves when what ended containers held was given back. */
  settled(): Promise<void> {
    return this.#releases.all();
  }

  async #launch(container: Container): Promise<void> {
    const { state } = container;
    state.error = '';
    state.exitCode = 0;
    state.oomKilled = false;
    let process: ContainerProcess;
    try {
      process = await launch(this.#context, this.#releases, container);
    } catch (error) {
      await this.#startFailed(container, error);
      throw error;
    }
    this.#watch(container, process);
    state.startedAt = process.startedAt;
    moveTo(state, 'running');
    // Clients that came while the launcher was at work.
    if (container.attachPoint.hasWaiting) await container.attachPoint.connect(process);
    emitContainerEvent(this.#context, container, 'start');
    void this.#context.background.run('write the state', { containerId: container.id }, () =>
      this.#context.store.saveState(container),
    );
  }

  async #startFailed(container: Container, error: unknown): Promise<void> {
    const { state } = container;
    const code = launchExitCode(error);
    state.error = error instanceof Error ? error.message : String(error);
    state.exitCode = code === 126 || code === 127 ? code : 128;
    if (state.status === 'restarting') moveTo(state, 'exited');
    container.attachPoint.close();
    await this.#context.store.saveState(container);
    if (container.hostConfig.AutoRemove && !container.keepOnExit) {
      await this.#remover.remove(container, { force: true, volumes: true });
    }
  }

  #watch(container: Container, process: ContainerProcess): void {
    container.process = process;
    container.state.pid = process.pid;
    container.exitHandled = process.exited.then((status) =>
      this.#context.background.run('handle the end', { containerId: container.id }, () =>
        container.mutex.run(() => this.#handleExit(container, status, false)),
      ),
    );
  }

  async #handleExit(container: Container, status: ExitStatus, daemonStart: boolean): Promise<void> {
    const { state } = container;
    const ranMs = status.exitedAt.getTime() - (state.startedAt?.getTime() ?? 0);
    const restart = !container.keepOnExit && this.#wantsRestart(container, status.exitCode, daemonStart);
    container.process?.[Symbol.dispose]();
    container.process = undefined;
    container.terminalSize = undefined;
    state.pid = 0;
    state.exitCode = status.exitCode;
    state.oomKilled = status.oomKilled;
    state.finishedAt = status.exitedAt;
    moveTo(state, restart ? 'restarting' : 'exited');
    this.#listeners.onEnded(container);
    const publishes = container.publishesPorts;
    const releasing = this.#releases.begin(container);
    // A host port must be free when the client hears that the container has ended.
    if (publishes) await releasing;
    if (status.oomKilled) emitContainerEvent(this.#context, container, 'oom');
    emitContainerEvent(this.#context, container, 'die', {
      exitCode: String(status.exitCode),
      execDuration: String(Math.max(0, Math.floor(ranMs / 1000))),
    });
    container.stopped.notify(container.exitResult);
    if (restart) this.#scheduleRestart(container, nextDelayMs(container.restartDelayMs, ranMs));
    else if (container.hostConfig.AutoRemove && !container.keepOnExit) {
      await this.#remover.remove(container, { force: true, volumes: true });
    }
  }

  #wantsRestart(container: Container, exitCode: number, daemonStart: boolean): boolean {
    if (this.#context.closing) return false;
    return shouldRestart(container.hostConfig.RestartPolicy, {
      exitCode,
      restartCount: container.restartCount,
      manuallyStopped: container.manuallyStopped,
      daemonStart,
    });
  }

  #scheduleRestart(container: Container, delayMs: number): void {
    if (container.state.status !== 'restarting') moveTo(container.state, 'restarting');
    container.restartDelayMs = delayMs;
    container.restartTimer = setTimeout(() => {
      void this.#context.background.run('restart a container', { containerId: container.id }, () =>
        container.mutex.run(() => this.#restartNow(container)),
      );
    }, delayMs);
  }

  async #restartNow(container: Container): Promise<void> {
    container.restartTimer = undefined;
    if (container.state.status !== 'restarting' || this.#context.closing) return;
    container.restartCount += 1;
    try {
      await this.#launch(container);
    } catch (error) {
      this.#context.logger.error({ containerId: container.id, err: error }, 'cannot restart the container');
    }
  }

  /** Ends the wait for a restart. @returns whether there was one */
  async #cancelRestart(container: Container): Promise<boolean> {
    if (container.state.status !== 'restarting') return false;
    return container.mutex.run(async () => {
      // The restart may have come first.
      if (container.state.status !== 'restarting') return false;
      clearTimeout(container.restartTimer);
      container.restartTimer = undefined;
      container.manuallyStopped = true;
      moveTo(container.state, 'exited');
      await this.#context.store.saveState(container);
      return true;
    });
  }

  /** Stop signal, patience, SIGKILL. Resolves when the end was handled and everything was given back. */
  async #end(container: Container, options: { timeoutS?: number; signal?: string }): Promise<void> {
    const signal = parseSignal(options.signal || container.config.StopSignal || 'SIGTERM');
    const timeoutS = options.timeoutS ?? container.config.StopTimeout ?? defaultStopTimeoutS;
    const ended = container.exitHandled;
    if (!ended) return;
    await this.#signal(container, signal, true).catch(ignoreEnded);
    const inTime = timeoutS < 0 ? await ended.then(() => true) : await within(ended, timeoutS * 1000);
    if (!inTime) await this.#signal(container, sigkill, true).catch(ignoreEnded);
    await ended;
    await this.#releases.of(container.id);
  }

  /** @param ending the signal is meant to end it: the restart policy is off, and a frozen process must run to die */
  async #signal(container: Container, signal: number, ending: boolean): Promise<void> {
    await container.mutex.run(async () => {
      const { process } = container;
      if (!process) throw conflict(`container ${container.id} is not running`);
      if (ending) container.manuallyStopped = true;
      await process.signal(signal);
      emitContainerEvent(this.#context, container, 'kill', { signal: String(signal) });
      if (!ending || container.state.status !== 'paused') return;
      await process.cgroup.thaw();
      moveTo(container.state, 'running');
    });
  }
}

function refuseRemoved(container: Container, what: string): void {
  const { status } = container.state;
  if (status !== 'removing' && status !== 'dead') return;
  throw conflict(`container is marked for removal and cannot be ${what}`);
}

const runningConflict = ({ name, state }: Container) =>
  conflict(
    state.status === 'paused'
      ? `cannot remove container "/${name}": container is paused and must be unpaused first`
      : `cannot remove container "/${name}": container is ${state.status}: stop the container before removing or force remove`,
  );

/** Somebody else started it first, which is what was wanted. */
function ignoreStarted(error: unknown): void {
  if (error instanceof Error && 'kind' in error && error.kind === 'not-modified') return;
  throw error;
}

/** It ended by itself first, which is what was wanted. */
function ignoreEnded(error: unknown): void {
  if (error instanceof Error && 'kind' in error && error.kind === 'conflict') return;
  throw error;
}

async function within(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
