/** Subscriptions over the WebSocket, and the query for older log lines. */
import { z } from 'zod';
import { InEnvironment } from '../schemas/common.ts';
import { LogsBeforeInput, LogsInput, LogsPage, StatsInput } from '../schemas/live.ts';
import { procedure, router } from '../trpc.ts';

const Here = InEnvironment.prefault({});
/** tRPC gives subscriptions a signal; without one (a direct caller) the stream has no early end. */
const endOf = (signal: AbortSignal | undefined) => signal ?? new AbortController().signal;

export const liveRouter = router({
  containers: procedure.input(Here).subscription(async function* ({ ctx, input, signal }) {
    const { live } = await ctx.services.environments.get(input.environment);
    yield* live.containers(endOf(signal));
  }),
  stats: procedure.input(StatsInput).subscription(async function* ({ ctx, input, signal }) {
    const { live } = await ctx.services.environments.get(input.environment);
    yield* live.stats(input.ids, endOf(signal));
  }),
  /** Ends at once where the engine has no such answer (not Berth). */
  host: procedure.input(Here).subscription(async function* ({ ctx, input, signal }) {
    const { live } = await ctx.services.environments.get(input.environment);
    yield* live.host(endOf(signal));
  }),
  events: procedure.input(Here).subscription(async function* ({ ctx, input, signal }) {
    const { live } = await ctx.services.environments.get(input.environment);
    yield* live.events(endOf(signal));
  }),
  jobs: procedure.input(z.object({}).prefault({})).subscription(async function* ({ ctx, signal }) {
    yield* ctx.services.jobs.watch(endOf(signal));
  }),
  logs: procedure.input(LogsInput).subscription(async function* ({ ctx, input, signal }) {
    const { live } = await ctx.services.environments.get(input.environment);
    yield* live.logs(input.id, { tail: input.tail, sinceMs: input.sinceMs }, endOf(signal));
  }),
  /** Older lines than the ones shown, oldest first. */
  logsBefore: procedure
    .input(LogsBeforeInput)
    .output(LogsPage)
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).live.logsBefore(input.id, input),
    ),
});
