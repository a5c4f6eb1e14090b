/** The host, the console itself, environments, events and jobs. */
import { z } from 'zod';
import { InEnvironment } from '../schemas/common.ts';
import { EngineEvent, Job, JobInput, ListJobsInput, RecentEventsInput } from '../schemas/live.ts';
import {
  ConsoleVersion,
  DiskUsage,
  EngineInfo,
  EnvironmentRow,
  HostUsage,
  SelfCheck,
} from '../schemas/system.ts';
import { mutation, procedure, router } from '../trpc.ts';
import { consoleVersion } from '../version.ts';

const Here = InEnvironment.prefault({});

export const systemRouter = router({
  info: procedure
    .input(Here)
    .output(EngineInfo)
    .query(async ({ ctx, input }) => (await ctx.services.environments.get(input.environment)).system.info()),
  version: procedure
    .output(ConsoleVersion)
    .query(() => ({ version: consoleVersion, node: process.versions.node })),
  /** `null` where the engine has no such answer (not Berth). */
  host: procedure
    .input(Here)
    .output(HostUsage.nullable())
    .query(async ({ ctx, input }) => (await ctx.services.environments.get(input.environment)).system.host()),
  diskUsage: procedure
    .input(Here)
    .output(DiskUsage)
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).system.diskUsage(),
    ),
  /** Origin, scheme, host, cookie and WebSocket facts as the server sees them, and the fix. */
  selfCheck: procedure
    .input(z.object({ pageOrigin: z.string().max(300).optional() }).prefault({}))
    .output(SelfCheck)
    .query(({ ctx, input }) => ctx.services.selfCheck(ctx.request, { origin: input.pageOrigin ?? null })),
});

export const environmentsRouter = router({
  list: procedure.output(z.array(EnvironmentRow)).query(({ ctx }) => ctx.services.environments.list()),
});

export const eventsRouter = router({
  /** Newest first. */
  recent: procedure
    .input(RecentEventsInput.prefault({}))
    .output(z.array(EngineEvent))
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).live.recentEvents(input.limit),
    ),
});

export const jobsRouter = router({
  /** Newest first: running ones and history. */
  list: procedure
    .input(ListJobsInput.prefault({}))
    .output(z.array(Job))
    .query(({ ctx, input }) => ctx.services.jobs.list(input.environment)),
  get: procedure
    .input(JobInput)
    .output(Job)
    .query(({ ctx, input }) => ctx.services.jobs.get(input.jobId)),
  cancel: mutation('job.cancel')
    .input(JobInput)
    .mutation(({ ctx, input }) => ctx.services.jobs.cancel(input.jobId)),
  remove: mutation('job.remove')
    .input(JobInput)
    .mutation(({ ctx, input }) => ctx.services.jobs.remove(input.jobId)),
});
