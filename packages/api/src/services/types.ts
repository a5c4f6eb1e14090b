/** The services behind the routers: interfaces only, joined by `createServices`. */
import type { Readable } from 'node:stream';
import type { TRPCError } from '@trpc/server';
import type { z } from 'zod';
import type { RequestFacts } from '../context.ts';
import type { BulkResult } from '../schemas/common.ts';
import type {
  ContainerActionInput,
  ContainerDetail,
  ContainerRow,
  CreateContainerForm,
  CreateContainerResult,
  LimitsReport,
  Processes,
  Shells,
  UpdateLimitsInput,
} from '../schemas/containers.ts';
import type {
  ContainersUpdate,
  EngineEvent,
  Job,
  JobsUpdate,
  LogsPage,
  LogsUpdate,
  StatsUpdate,
} from '../schemas/live.ts';
import type {
  CreateVolumeInput,
  ImageDetail,
  ImageHistoryItem,
  ImageRow,
  NetworkDetail,
  NetworkRow,
  PrunePlan,
  PruneResult,
  VolumeRow,
} from '../schemas/objects.ts';
import type { DiskUsage, EngineInfo, EnvironmentRow, HostUsage, SelfCheck } from '../schemas/system.ts';
import type { AuditService } from './audit.ts';
import type { AuthService } from './auth.ts';
import type { Guard } from './guard.ts';

type Out<Schema extends z.ZodType> = z.output<Schema>;

export interface ContainersService {
  list(options: { all: boolean }): Promise<ContainerRow[]>;
  inspect(id: string): Promise<ContainerDetail>;
  create(form: CreateContainerForm): Promise<Out<typeof CreateContainerResult>>;
  act(input: Out<typeof ContainerActionInput>): Promise<BulkResult>;
  rename(id: string, name: string): Promise<void>;
  limits(id: string): Promise<LimitsReport>;
  updateLimits(input: UpdateLimitsInput): Promise<LimitsReport>;
  top(id: string): Promise<Out<typeof Processes>>;
  shells(id: string): Promise<Out<typeof Shells>>;
}

export interface ImagesService {
  list(): Promise<ImageRow[]>;
  inspect(id: string): Promise<ImageDetail>;
  history(id: string): Promise<Out<typeof ImageHistoryItem>[]>;
  remove(ids: string[], options: { force: boolean }): Promise<BulkResult>;
  tag(id: string, reference: string): Promise<void>;
  prunePlan(options: { all: boolean }): Promise<PrunePlan>;
  prune(ids: string[]): Promise<Out<typeof PruneResult>>;
}

export interface VolumesService {
  list(): Promise<VolumeRow[]>;
  inspect(name: string): Promise<VolumeRow>;
  create(input: Out<typeof CreateVolumeInput>): Promise<VolumeRow>;
  remove(names: string[], options: { force: boolean }): Promise<BulkResult>;
  prunePlan(options: { all: boolean }): Promise<PrunePlan>;
  prune(names: string[]): Promise<Out<typeof PruneResult>>;
}

export interface NetworksService {
  list(): Promise<NetworkRow[]>;
  inspect(id: string): Promise<NetworkDetail>;
}

export interface SystemService {
  info(): Promise<EngineInfo>;
  host(): Promise<HostUsage | null>;
  diskUsage(): Promise<Out<typeof DiskUsage>>;
}

/** Streams end when `signal` fires; each has a bounded queue. */
export interface LiveService {
  containers(signal: AbortSignal): AsyncIterable<ContainersUpdate>;
  stats(ids: string[], signal: AbortSignal): AsyncIterable<StatsUpdate>;
  host(signal: AbortSignal): AsyncIterable<HostUsage>;
  events(signal: AbortSignal): AsyncIterable<EngineEvent>;
  recentEvents(limit: number): Promise<EngineEvent[]>;
  logs(
    id: string,
    options: { tail: number; sinceMs: number | undefined },
    signal: AbortSignal,
  ): AsyncIterable<LogsUpdate>;
  logsBefore(
    id: string,
    options: { before: string; shown: number; limit: number },
  ): Promise<Out<typeof LogsPage>>;
}

/** Everything about one engine. */
export interface EnvironmentServices {
  readonly id: string;
  containers: ContainersService;
  images: ImagesService;
  volumes: VolumesService;
  networks: NetworksService;
  system: SystemService;
  live: LiveService;
}

export interface EnvironmentsService {
  list(): Promise<EnvironmentRow[]>;
  /** Throws `not-found` for an unknown id. */
  get(id: string): Promise<EnvironmentServices>;
}

export interface JobsService {
  pull(environment: string, reference: string, startedBy: string): Promise<string>;
  /** Reads the archive to its end or until the job is cancelled. `done` settles with the job. */
  load(
    environment: string,
    archive: Readable,
    options: { startedBy: string; fileName: string; sizeBytes: number | null },
  ): Promise<{ jobId: string; done: Promise<void> }>;
  list(environment: string | undefined): Promise<Job[]>;
  get(jobId: string): Promise<Job>;
  cancel(jobId: string): Promise<void>;
  /** Forgets an ended job. */
  remove(jobId: string): Promise<void>;
  watch(signal: AbortSignal): AsyncIterable<JobsUpdate>;
}

export interface Services {
  guard: Guard;
  auth: AuthService;
  audit: AuditService;
  environments: EnvironmentsService;
  jobs: JobsService;
  /** `page`: what the browser's address bar says. */
  selfCheck(request: RequestFacts, page: { origin: string | null }): SelfCheck;
  /** Total map from any error to tRPC's; logs what is unexpected. */
  toTRPCError(error: TRPCError, path: string): TRPCError;
  /** Ends every job, terminal and upstream, then the database. */
  close(): Promise<void>;
}
