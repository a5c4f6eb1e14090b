/** Long actions: they run here, whatever page is open, and are kept in the history when they end. */
import { randomUUID } from 'node:crypto';
import type { PrismaClient } from '@berth/db';
import type { DockerClient } from '@berth/docker-client';
import type { ProgressLine } from '@berth/engine-api';
import type { Logger } from '../config.ts';
import { createChannel } from '../lib/channel.ts';
import { ConsoleError } from '../lib/errors.ts';
import { type Job, JobState, type JobsUpdate } from '../schemas/live.ts';
import type { JobsService } from './types.ts';

export interface JobsOptions {
  database: PrismaClient;
  clientOf(environment: string): Promise<DockerClient>;
  logger: Logger;
}

interface Running {
  job: Job;
  abort: AbortController;
  done: Promise<void>;
}

type Work = (
  client: DockerClient,
  note: (line: ProgressLine) => void,
  signal: AbortSignal,
  job: Job,
) => Promise<void>;

const OUTPUT_LINES = 200;
const HISTORY = 200;
/** Layers report many times a second; people read a few. */
const NOTIFY_MS = 150;

export function createJobs({ database, clientOf, logger }: JobsOptions): JobsService & AsyncDisposable {
  const running = new Map<string, Running>();
  const listeners = new Set<(update: JobsUpdate) => void>();
  const tell = (update: JobsUpdate) => {
    for (const listener of listeners) listener(update);
  };

  async function start(
    head: Pick<Job, 'kind' | 'title' | 'environment' | 'startedBy'>,
    work: Work,
  ): Promise<Running> {
    const client = await clientOf(head.environment);
    const job: Job = {
      ...head,
      id: randomUUID(),
      state: 'running',
      startedAtMs: Date.now(),
      endedAtMs: null,
      progress: { current: 0, total: null },
      parts: [],
      output: [],
      error: null,
    };
    const abort = new AbortController();
    const entry: Running = { job, abort, done: Promise.resolve() };
    running.set(job.id, entry);
    tell({ type: 'job', job: structuredClone(job) });
    const pulse = createPulse(() => tell({ type: 'job', job: structuredClone(job) }));
    const note = (line: ProgressLine) => {
      noteProgress(job, line);
      pulse.soon();
    };
    entry.done = work(client, note, abort.signal, job)
      .then(
        () => end(job, 'succeeded', null),
        (error: unknown) => {
          if (abort.signal.aborted) end(job, 'cancelled', null);
          else end(job, 'failed', error instanceof Error ? error.message : String(error));
        },
      )
      .then(async () => {
        pulse.stop();
        await keep(job);
        running.delete(job.id);
        tell({ type: 'job', job: structuredClone(job) });
      });
    return entry;
  }

  async function keep(job: Job): Promise<void> {
    try {
      await database.job.create({ data: toRecord(job) });
      const old = await database.job.findMany({
        orderBy: { endedAt: 'desc' },
        skip: HISTORY,
        select: { id: true },
      });
      if (old.length > 0) await database.job.deleteMany({ where: { id: { in: old.map(({ id }) => id) } } });
    } catch (cause) {
      logger.error({ job: job.id, err: cause }, 'the job history could not be written');
    }
  }

  async function list(environment: string | undefined): Promise<Job[]> {
    const where = environment === undefined ? {} : { environmentId: environment };
    const ended = await database.job.findMany({ where, orderBy: { startedAt: 'desc' }, take: HISTORY });
    const live = [...running.values()].map(({ job }) => structuredClone(job));
    return [
      ...live.filter((job) => environment === undefined || job.environment === environment).reverse(),
      ...ended.filter(({ id }) => !running.has(id)).map(fromRecord),
    ];
  }

  return {
    async pull(environment, reference, startedBy) {
      const head = { kind: 'pull' as const, title: `Pull ${reference}`, environment, startedBy };
      const { job } = await start(head, async (client, note, signal) => {
        for await (const line of client.images.pull(reference, { signal })) note(line);
      });
      return job.id;
    },

    async load(environment, archive, { startedBy, fileName, sizeBytes }) {
      const head = { kind: 'load' as const, title: `Load ${fileName}`, environment, startedBy };
      const entry = await start(head, async (client, note, signal, job) => {
        job.progress.total = sizeBytes;
        archive.on('data', (chunk: Buffer) => {
          job.progress.current += chunk.length;
          note({});
        });
        archive.pause();
        try {
          for await (const line of client.images.load(archive, { signal })) note(line);
        } finally {
          archive.destroy();
        }
      });
      return { jobId: entry.job.id, done: entry.done };
    },

    list,

    async get(jobId) {
      const live = running.get(jobId);
      if (live) return structuredClone(live.job);
      const ended = await database.job.findUnique({ where: { id: jobId } });
      if (!ended) throw noSuchJob();
      return fromRecord(ended);
    },

    async cancel(jobId) {
      const live = running.get(jobId);
      if (!live) throw new ConsoleError('conflict', 'This job has ended already.');
      live.abort.abort();
      await live.done;
    },

    async remove(jobId) {
      if (running.has(jobId)) throw new ConsoleError('conflict', 'This job still runs. Cancel it first.');
      const { count } = await database.job.deleteMany({ where: { id: jobId } });
      if (count === 0) throw noSuchJob();
      tell({ type: 'removed', id: jobId });
    },

    async *watch(signal) {
      // A newer state of a job replaces an older one, so a slow reader only misses steps in between.
      const channel = createChannel<JobsUpdate>(500, (queue) => queue.shift());
      listeners.add(channel.push);
      try {
        channel.push({ type: 'snapshot', jobs: await list(undefined) });
        yield* channel.read(signal);
      } finally {
        listeners.delete(channel.push);
      }
    },

    async [Symbol.asyncDispose]() {
      for (const { abort } of running.values()) abort.abort();
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}

const noSuchJob = () => new ConsoleError('not-found', 'There is no such job.');

function end(job: Job, state: Job['state'], error: string | null): void {
  job.state = state;
  job.error = error;
  job.endedAtMs = Date.now();
}

/** Calls at once, then at most every NOTIFY_MS. */
function createPulse(call: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let again = false;
  const fire = () => {
    call();
    timer = setTimeout(() => {
      timer = undefined;
      if (again) fire();
      again = false;
    }, NOTIFY_MS);
  };
  return {
    soon: () => {
      if (timer) again = true;
      else fire();
    },
    stop: () => clearTimeout(timer),
  };
}

/** Docker's progress: lines with an id are about one layer, the others are for the log. */
function noteProgress(job: Job, line: ProgressLine): void {
  const { id, status, stream, progressDetail } = line;
  const text = (stream ?? (id === undefined ? status : undefined))?.trimEnd();
  if (text) {
    job.output.push(text);
    if (job.output.length > OUTPUT_LINES) job.output.shift();
  }
  if (id === undefined || status === undefined || /^Pulling from/.test(status)) return;
  let part = job.parts.find((each) => each.id === id);
  if (!part) {
    part = { id, status, current: 0, total: null };
    job.parts.push(part);
  }
  part.status = status;
  if (progressDetail?.total !== undefined) {
    part.total = progressDetail.total;
    part.current = progressDetail.current ?? 0;
  } else if (/complete|exists/i.test(status)) part.current = part.total ?? 0;
  const total = job.parts.reduce((sum, each) => sum + (each.total ?? 0), 0);
  if (total > 0 && job.kind === 'pull')
    job.progress = { current: job.parts.reduce((sum, each) => sum + each.current, 0), total };
}

interface JobRecord {
  id: string;
  kind: string;
  title: string;
  environmentId: string;
  state: string;
  startedBy: string;
  startedAt: Date;
  endedAt: Date;
  output: string;
  error: string | null;
}

const toRecord = (job: Job): JobRecord => ({
  id: job.id,
  kind: job.kind,
  title: job.title,
  environmentId: job.environment,
  state: job.state,
  startedBy: job.startedBy,
  startedAt: new Date(job.startedAtMs),
  endedAt: new Date(job.endedAtMs ?? Date.now()),
  output: JSON.stringify(job.output),
  error: job.error,
});

function fromRecord(record: JobRecord): Job {
  return {
    id: record.id,
    kind: record.kind === 'load' ? 'load' : 'pull',
    title: record.title,
    environment: record.environmentId,
    state: JobState.safeParse(record.state).data ?? 'failed',
    startedBy: record.startedBy,
    startedAtMs: record.startedAt.getTime(),
    endedAtMs: record.endedAt.getTime(),
    progress: { current: 0, total: null },
    parts: [],
    output: linesOf(record.output),
    error: record.error,
  };
}

function linesOf(json: string): string[] {
  const parsed: unknown = JSON.parse(json);
  return Array.isArray(parsed) ? parsed.map(String) : [];
}
