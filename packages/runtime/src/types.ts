/**
 * What the engine asks of the runtime: start a process in a container from an OCI runtime spec, reach it again
 * after a restart of the daemon, run more processes in it, read and change its cgroup.
 */
import type { Duplex } from 'node:stream';
import type { OciProcess, OciResources, OciSpec } from './spec.ts';

/** The layers of an overlay root, mounted inside the container's own mount namespace. Absolute host paths. */
export interface OverlayRoot {
  /** Read-only layers, topmost first. */
  lower: readonly string[];
  upper: string;
  work: string;
  /**
   * The layer will be thrown away: nothing written to it needs to reach the disk, so `fsync` in the container
   * costs nothing and ending it writes nothing back.
   */
  volatile?: boolean;
}

/** Where and how the launcher writes the container's output (json-file format). */
export interface LogFile {
  path: string;
  /** Rotate when the file would exceed this many bytes; no rotation when absent. */
  maxSizeBytes?: number;
  /** Files kept, the current one included. */
  maxFiles?: number;
}

export interface TerminalSize {
  rows: number;
  columns: number;
}

export interface LaunchRequest {
  /** Container id; names the state directory `<execRoot>/containers/<id>`. */
  id: string;
  /**
   * The OCI spec. `linux.cgroupsPath` names the cgroup that the runtime creates with `linux.resources`.
   * `process.terminal` decides between pty and pipes.
   */
  spec: OciSpec;
  /** Overlay to mount as root; without it `spec.root.path` is bind-mounted. */
  overlay?: OverlayRoot;
  /**
   * `user[:group]` as Docker takes it, names or numbers, resolved against the container's own passwd and
   * group files inside its root. Replaces `spec.process.user`; sets HOME when the environment has none.
   */
  user?: string;
  /** Supplementary groups, names or numbers, resolved like `user` (`--group-add`). */
  groups?: readonly string[];
  /** Keep stdin open for attached clients; without it stdin is /dev/null (pipes) or never fed (tty). */
  openStdin?: boolean;
  log?: LogFile;
  /**
   * Runs when the process is set up but not yet executing, so that clients attached here miss no byte.
   * The launcher waits for it only when it is given.
   */
  beforeStart?: (process: ContainerProcess) => Promise<void>;
}

export interface ExecRequest {
  /** Exec id; names the state directory `<execRoot>/execs/<id>`. */
  id: string;
  /** Program, environment, cwd, terminal, capabilities. `process.user` is replaced by `user` when given. */
  process: OciProcess;
  user?: string;
  openStdin?: boolean;
  beforeStart?: (process: ContainerProcess) => Promise<void>;
}

export interface ExitStatus {
  /** As Docker reports it: the exit code, or 128 + signal number. */
  exitCode: number;
  exitedAt: Date;
  /** The kernel's OOM killer took a process of this container's cgroup. */
  oomKilled: boolean;
}

export interface AttachOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  /** However this client ends, also when it breaks off, the process's stdin ends with it (Docker's StdinOnce). */
  stdinOnce?: boolean;
}

/**
 * A running process with its launcher. Disposing lets go of the connection; the process goes on.
 */
export interface ContainerProcess extends Disposable {
  readonly id: string;
  /** Pid in the host's pid namespace. */
  readonly pid: number;
  readonly terminal: boolean;
  readonly startedAt: Date;
  /** The container's cgroup (an exec shares its container's). */
  readonly cgroup: Cgroup;
  /** Resolves once, when the process has ended and its output is completely written. Never rejects. */
  readonly exited: Promise<ExitStatus>;
  /**
   * A byte pipe to the process. Reading gives Docker's stream format: raw bytes with a terminal, 8-byte
   * multiplex headers without. Writing feeds stdin; ending the writable side closes stdin. A slow reader never
   * blocks the container and loses nothing. Ends when the process has exited and all was read.
   */
  attach(options: AttachOptions): Promise<Duplex>;
  /** Sends a signal to the process itself. @throws conflict when it has ended. */
  signal(signal: number): Promise<void>;
  resize(size: TerminalSize): Promise<void>;
}

export interface Runtime {
  readonly cgroupVersion: 1 | 2;
  /**
   * Starts a container; resolves after its program was executed.
   * @throws LaunchError with Docker's exit code (125 set-up, 126 not executable, 127 not found); nothing is left.
   */
  launch(request: LaunchRequest): Promise<ContainerProcess>;
  /** Finds what an earlier daemon started: still running, ended meanwhile, or unknown (undefined). */
  reconnect(id: string): Promise<ContainerProcess | ExitStatus | undefined>;
  /** Runs one more process in a running container. @throws LaunchError as `launch`. */
  exec(container: ContainerProcess, request: ExecRequest): Promise<ContainerProcess>;
  /** Removes cgroup and state directory of an ended container; idempotent. */
  remove(id: string): Promise<void>;
  /** Ids with a state directory, for reconciling on start. */
  list(): Promise<string[]>;
}

/** Counters as the kernel gives them. Times in nanoseconds, sizes in bytes. */
export interface CgroupStats {
  cpu: {
    usageNs: bigint;
    userNs: bigint;
    systemNs: bigint;
    perCpuNs: bigint[];
    periods: number;
    throttledPeriods: number;
    throttledNs: bigint;
  };
  memory: {
    usageBytes: number;
    maxUsageBytes: number | undefined;
    limitBytes: number | undefined;
    /** memory.stat as it stands. */
    stat: Record<string, number>;
    oomKills: number;
  };
  pids: { current: number; limit: number | undefined };
  blockIo: { major: number; minor: number; op: 'read' | 'write'; bytes: number; operations: number }[];
}

/** Limits as read back from the kernel's files. `undefined` means unlimited. */
export interface CgroupLimits {
  cpuQuotaUs: number | undefined;
  cpuPeriodUs: number;
  cpuShares: number;
  cpusetCpus: string;
  cpusetMems: string;
  memoryBytes: number | undefined;
  memoryReservationBytes: number | undefined;
  memorySwapBytes: number | undefined;
  pids: number | undefined;
}

export interface Cgroup {
  /** Path below each controller's mount, as in `linux.cgroupsPath`. */
  readonly path: string;
  /** Applies the given limits and leaves the others; raises and lowers in the order the kernel needs. */
  update(resources: OciResources): Promise<void>;
  limits(): Promise<CgroupLimits>;
  stats(): Promise<CgroupStats>;
  /** Resolves when every task is frozen. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  pids(): Promise<number[]>;
  /** Removes the cgroup; kills what is left in it first. Idempotent. */
  remove(): Promise<void>;
}
