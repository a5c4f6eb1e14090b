/** What flows over the WebSocket: subscriptions, jobs, events, logs. */
import { z } from 'zod';
import { EnvironmentId, InEnvironment, OneObject, Reference, Tone } from './common.ts';
import type { ContainerRow } from './containers.ts';

/** The table: everything once, then only what changed. A later snapshot replaces all (engine came back). */
export type ContainersUpdate =
  | { type: 'snapshot'; rows: ContainerRow[] }
  | { type: 'upsert'; row: ContainerRow }
  | { type: 'remove'; id: string }
  /** The engine does not answer; rows shown are the last known. */
  | { type: 'offline'; message: string };

export const StatsInput = InEnvironment.extend({ ids: z.array(Reference).min(1).max(1000) });
/** One second of one container. `null`: not known (first sample, or the container is not running). */
export interface StatsSample {
  id: string;
  timeMs: number;
  /** Cores in use: 0.5 is half of one core. */
  cpuCores: number | null;
  /** Of its limit if it has one, else of the whole host; 0 to 100. */
  cpuPercent: number | null;
  /** Without page cache that can be dropped, as `docker stats` shows. */
  memoryBytes: number;
  memoryLimitBytes: number | null;
  networkReceiveBytesPerS: number | null;
  networkSendBytesPerS: number | null;
  blockReadBytesPerS: number | null;
  blockWriteBytesPerS: number | null;
  pids: number;
  pidsLimit: number | null;
}
export type StatsUpdate = { type: 'samples'; samples: StatsSample[] } | { type: 'ended'; id: string };

export const LogsInput = OneObject.extend({
  /** Last lines first. */
  tail: z.number().int().min(0).max(5000).default(500),
  /** Only lines at or after. */
  sinceMs: z.number().nonnegative().optional(),
});
export interface LogLine {
  stream: 'stdout' | 'stderr';
  /** Nanosecond time as the engine wrote it: sorts as text, and identifies the line for “older”. */
  time: string;
  line: string;
}
export type LogsUpdate =
  | { type: 'lines'; lines: LogLine[] }
  /** The reader was too slow: this many lines were left out here. */
  | { type: 'dropped'; count: number }
  /** The container stopped; the subscription stays open and goes on if it starts again. */
  | { type: 'stopped' }
  | { type: 'started' };
export const LogsBeforeInput = OneObject.extend({
  /** `time` of the oldest line shown. */
  before: z
    .string()
    .max(64)
    .regex(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, 'Give the time of a log line.'),
  /** How many lines of exactly that time are shown already. */
  shown: z.number().int().min(0).max(10_000).default(1),
  limit: z.number().int().min(1).max(5000).default(500),
});
export const LogsPage = z.object({
  lines: z.array(z.object({ stream: z.enum(['stdout', 'stderr']), time: z.string(), line: z.string() })),
  /** Nothing older exists. */
  start: z.boolean(),
});

export const EngineEvent = z.object({
  /** Stable within the console's run. */
  id: z.string(),
  timeMs: z.number(),
  /** container, image, volume, network, daemon, … */
  type: z.string(),
  action: z.string(),
  actorId: z.string(),
  name: z.string(),
  attributes: z.record(z.string(), z.string()),
  /** “web stopped with exit code 1” */
  summary: z.string(),
  tone: Tone,
});
export type EngineEvent = z.infer<typeof EngineEvent>;
export const RecentEventsInput = InEnvironment.extend({
  limit: z.number().int().min(1).max(500).default(100),
});

export const JobState = z.enum(['running', 'succeeded', 'failed', 'cancelled']);
export const Job = z.object({
  id: z.string(),
  kind: z.enum(['pull', 'load']),
  /** “Pull nginx:1.29” */
  title: z.string(),
  environment: z.string(),
  state: JobState,
  startedBy: z.string(),
  startedAtMs: z.number(),
  endedAtMs: z.number().nullable(),
  /** Bytes over all parts; `total` null while not known. */
  progress: z.object({ current: z.number(), total: z.number().nullable() }),
  /** Layers of a pull, in order of appearance. */
  parts: z.array(
    z.object({ id: z.string(), status: z.string(), current: z.number(), total: z.number().nullable() }),
  ),
  /** Last lines of the engine's own output. */
  output: z.array(z.string()),
  error: z.string().nullable(),
});
export type Job = z.infer<typeof Job>;
export type JobsUpdate =
  | { type: 'snapshot'; jobs: Job[] }
  | { type: 'job'; job: Job }
  | { type: 'removed'; id: string };
export const JobStarted = z.object({ jobId: z.string() });
export const JobInput = z.object({ jobId: z.string().min(1).max(64) });
export const ListJobsInput = z.object({ environment: EnvironmentId.optional() });
