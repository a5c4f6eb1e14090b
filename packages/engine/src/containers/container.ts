/** One container in memory: what it is, the state it is in, and what it holds while it runs. */
import type { ContainerConfig, EndpointSettings, HostConfig } from '@berth/engine-api';
import type { Sandbox } from '@berth/network';
import type { ContainerProcess, OverlayRoot, TerminalSize } from '@berth/runtime';
import { AttachPoint } from '../attach/attach-point.ts';
import { Mutex } from '../util/mutex.ts';
import { fromApiTime, toApiTime } from '../util/time.ts';
import { Waiters } from '../util/wakeups.ts';
import type { ContainerRecord, RecordMount } from './record.ts';
import { initialState, type State, toApiState } from './state.ts';

export interface ExitResult {
  exitCode: number;
  error: string;
}

export interface ContainerInit {
  id: string;
  name: string;
  createdAt: Date;
  path: string;
  args: string[];
  imageId: string;
  config: ContainerConfig;
  hostConfig: HostConfig;
  mounts: RecordMount[];
  networks: Record<string, EndpointSettings>;
}

export class Container {
  readonly id: string;
  readonly createdAt: Date;
  readonly path: string;
  readonly args: readonly string[];
  readonly imageId: string;
  readonly config: ContainerConfig;
  name: string;
  hostConfig: HostConfig;
  mounts: RecordMount[];
  /** Wishes of the user, by network name. */
  networks: Record<string, EndpointSettings>;

  readonly state: State = initialState();
  restartCount = 0;
  /** Stopped or killed by the user: restart policies leave it alone until it is started again. */
  manuallyStopped = false;

  /** Orders everything that changes the state. */
  readonly mutex = new Mutex();
  readonly stopped = new Waiters<ExitResult>();
  readonly removed = new Waiters<ExitResult>();
  readonly attachPoint = new AttachPoint();
  readonly execIds = new Set<string>();

  /** While it runs. */
  process: ContainerProcess | undefined;
  sandbox: Sandbox | undefined;
  overlay: OverlayRoot | undefined;
  /** Settles when the exit of the current process was fully handled. */
  exitHandled: Promise<void> | undefined;
  /** Asked for before the terminal existed. */
  terminalSize: TerminalSize | undefined;
  /** Ends the wait before the next automatic restart. */
  restartTimer: NodeJS.Timeout | undefined;
  restartDelayMs = 0;
  /** The user's restart is under way: its end in between neither removes it nor counts for the policy. */
  keepOnExit = false;

  constructor(init: ContainerInit) {
    this.id = init.id;
    this.name = init.name;
    this.createdAt = init.createdAt;
    this.path = init.path;
    this.args = init.args;
    this.imageId = init.imageId;
    this.config = init.config;
    this.hostConfig = init.hostConfig;
    this.mounts = init.mounts;
    this.networks = init.networks;
  }

  get terminal(): boolean {
    return this.config.Tty ?? false;
  }

  get publishesPorts(): boolean {
    return (this.sandbox?.ports.length ?? 0) > 0;
  }

  /** What `wait` answers. */
  get exitResult(): ExitResult {
    return { exitCode: this.state.exitCode, error: this.state.error };
  }

  /** `bridge`, `none`, `host`, `container:<id>` or the name of a network. */
  get networkMode(): string {
    if (this.config.NetworkDisabled) return 'none';
    const mode = this.hostConfig.NetworkMode ?? 'default';
    return mode === 'default' || mode === '' ? 'bridge' : mode;
  }
}

export function toRecord(container: Container): ContainerRecord {
  const state = toApiState(container.state);
  return {
    ID: container.id,
    Created: toApiTime(container.createdAt),
    Name: container.name,
    Path: container.path,
    Args: [...container.args],
    Image: container.imageId,
    Config: container.config,
    State: {
      Status: container.state.status,
      ExitCode: state.ExitCode,
      Error: state.Error,
      OOMKilled: state.OOMKilled,
      StartedAt: state.StartedAt,
      FinishedAt: state.FinishedAt,
    },
    Mounts: container.mounts,
    Networks: container.networks,
    RestartCount: container.restartCount,
    HasBeenManuallyStopped: container.manuallyStopped,
  };
}

export function fromRecord(record: ContainerRecord, hostConfig: HostConfig): Container {
  const container = new Container({
    id: record.ID,
    name: record.Name,
    createdAt: fromApiTime(record.Created) ?? new Date(0),
    path: record.Path,
    args: record.Args,
    imageId: record.Image,
    config: record.Config,
    hostConfig,
    mounts: record.Mounts,
    networks: record.Networks,
  });
  Object.assign(container.state, {
    status: record.State.Status,
    exitCode: record.State.ExitCode,
    error: record.State.Error,
    oomKilled: record.State.OOMKilled,
    startedAt: fromApiTime(record.State.StartedAt),
    finishedAt: fromApiTime(record.State.FinishedAt),
  } satisfies Partial<State>);
  container.restartCount = record.RestartCount;
  container.manuallyStopped = record.HasBeenManuallyStopped;
  return container;
}
