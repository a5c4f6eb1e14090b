/**
 * The engine as its HTTP edge sees it: one method per thing a client can ask. Bodies and answers are the
 * parsed types of the Engine API; every failure is an EngineError.
 */
import type { Duplex, Readable, Writable } from 'node:stream';
import type {
  ContainerCreateBody,
  ContainerCreateResponse,
  ContainerInspect,
  ContainerStats,
  ContainerSummary,
  ContainerTopResponse,
  ContainerUpdateBody,
  DiskUsage,
  EventMessage,
  ExecCreateBody,
  ExecInspect,
  Filters,
  HostUsage,
  ImageHistoryItem,
  ImageInspect,
  ImageSummary,
  KernelLimits,
  NetworkInspect,
  PruneReport,
  SystemInfo,
  SystemVersion,
  VolumeCreateBody,
  VolumeSummary,
} from '@berth/engine-api';
import type { Images } from '@berth/images';

export interface LogsQuery {
  stdout: boolean;
  stderr: boolean;
  follow: boolean;
  timestamps: boolean;
  /** Number of last lines, or all of them. */
  tail: number | 'all';
  since: Date | undefined;
  until: Date | undefined;
  details: boolean;
  signal: AbortSignal;
}

export interface AttachRequest {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  /** Send what was logged so far first. */
  logs: boolean;
  stream: boolean;
  detachKeys: string | undefined;
}

/** Joins a hijacked client connection with a process until either side ends; `client` is destroyed at the end. */
export type StreamJoin = (client: Duplex) => Promise<void>;

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

export interface ContainersBackend {
  list(options: {
    all: boolean;
    limit: number | undefined;
    size: boolean;
    filters: Filters;
  }): Promise<ContainerSummary[]>;
  create(
    body: ContainerCreateBody,
    options: { name: string | undefined; platform: string | undefined },
  ): Promise<ContainerCreateResponse>;
  inspect(ref: string, options: { size: boolean }): Promise<ContainerInspect>;
  start(ref: string, options: { detachKeys: string | undefined }): Promise<void>;
  stop(ref: string, options: { timeoutS: number | undefined; signal: string | undefined }): Promise<void>;
  restart(ref: string, options: { timeoutS: number | undefined; signal: string | undefined }): Promise<void>;
  kill(ref: string, options: { signal: string | undefined }): Promise<void>;
  pause(ref: string): Promise<void>;
  unpause(ref: string): Promise<void>;
  rename(ref: string, name: string): Promise<void>;
  update(ref: string, body: ContainerUpdateBody): Promise<{ Warnings: string[] }>;
  /** Resolves `ready` once the wait is registered (headers may go out then), `result` when it is over. */
  wait(
    ref: string,
    condition: WaitCondition,
    signal: AbortSignal,
  ): Promise<{ result: Promise<{ StatusCode: number; Error?: { Message: string } }> }>;
  remove(ref: string, options: { force: boolean; volumes: boolean; link: boolean }): Promise<void>;
  prune(filters: Filters): Promise<PruneReport>;
  top(ref: string, psArgs: string): Promise<ContainerTopResponse>;
  /** `multiplexed` tells the media type: Docker's framed stream, or raw when the container has a terminal. */
  logs(ref: string, query: LogsQuery): Promise<{ stream: Readable; multiplexed: boolean }>;
  attach(ref: string, request: AttachRequest): Promise<{ join: StreamJoin; multiplexed: boolean }>;
  resize(ref: string, size: { rows: number; columns: number }): Promise<void>;
  /** One message per second while streaming; just one with `oneShot` (no waiting for a second sample) or without `stream`. */
  stats(
    ref: string,
    options: { stream: boolean; oneShot: boolean; signal: AbortSignal },
  ): AsyncIterable<ContainerStats>;
  /** Limits and usage as the kernel's own files say now (Berth's own API). */
  kernelLimits(ref: string): Promise<KernelLimits>;
  createExec(ref: string, body: ExecCreateBody): Promise<{ Id: string }>;
  startExec(
    execId: string,
    options: { detach: boolean; tty: boolean; consoleSize: { rows: number; columns: number } | undefined },
  ): Promise<{ join: StreamJoin; multiplexed: boolean }>;
  resizeExec(execId: string, size: { rows: number; columns: number }): Promise<void>;
  inspectExec(execId: string): Promise<ExecInspect>;
}

export interface ImagesBackend {
  list(options: { all: boolean; filters: Filters; sharedSize: boolean }): Promise<ImageSummary[]>;
  inspect(ref: string): Promise<ImageInspect>;
  history(ref: string): Promise<ImageHistoryItem[]>;
  remove(
    ref: string,
    options: { force: boolean; noprune: boolean },
  ): Promise<{ Untagged?: string; Deleted?: string }[]>;
  prune(filters: Filters): Promise<PruneReport>;
  tag(ref: string, repository: string, tag: string): Promise<void>;
  pull: Images['pull'];
  load(archive: Readable, options: Parameters<Images['load']>[1]): Promise<void>;
  save(refs: string[], output: Writable, options: { signal: AbortSignal }): Promise<void>;
  import(archive: Readable, options: Parameters<Images['import']>[1]): Promise<string>;
}

export interface NetworksBackend {
  list(filters: Filters): Promise<NetworkInspect[]>;
  inspect(ref: string): Promise<NetworkInspect>;
}

export interface VolumesBackend {
  list(filters: Filters): Promise<{ Volumes: VolumeSummary[]; Warnings: string[] }>;
  inspect(name: string): Promise<VolumeSummary>;
  create(body: VolumeCreateBody): Promise<VolumeSummary>;
  remove(name: string, options: { force: boolean }): Promise<void>;
  prune(filters: Filters): Promise<PruneReport>;
}

export interface SystemBackend {
  info(): Promise<SystemInfo>;
  version(): SystemVersion;
  diskUsage(types: readonly string[]): Promise<DiskUsage>;
  /** Past events since `since` (kept in a bounded ring), then live ones until `until` or abort. */
  events(options: {
    since: Date | undefined;
    until: Date | undefined;
    filters: Filters;
    signal: AbortSignal;
  }): AsyncIterable<EventMessage>;
  /** CPU, memory, disk and load of the host (Berth's own API). */
  host(): Promise<HostUsage>;
}

export interface Engine {
  containers: ContainersBackend;
  images: ImagesBackend;
  networks: NetworksBackend;
  volumes: VolumesBackend;
  system: SystemBackend;
  /** Leaves containers running unless `stopContainers`; releases everything the daemon holds. */
  close(options: { stopContainers: boolean }): Promise<void>;
}
