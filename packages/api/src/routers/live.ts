/** Subscriptions over the WebSocket, and the query for older log lines. */
import { getTRPCErrorFromUnknown } from '@trpc/server';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { InEnvironment } from '../schemas/common.ts';
import { LogsBeforeInput, LogsInput, LogsPage, StatsInput } from '../schemas/live.ts';
import { procedure, router } from '../trpc.ts';

const Here = InEnvironment.prefault({});
/** tRPC gives subscriptions a signal; without one (a direct caller) the stream has no early end. */
const endOf = (signal: AbortSignal | undefined) => signal ?? new AbortController().signal;

/** Takes the next message only when the browser has taken the last, so a slow one fills no buffer but its queue. */
async function* paced<T>(
  ctx: Context,
  updates: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  try {
    for await (const update of updates) {
      await ctx.drained(endOf(signal));
      yield update;
    }
  } catch (cause) {
    // Middleware has returned by now, so the stream's own errors are translated here.
    throw ctx.services.toTRPCError(getTRPCErrorFromUnknown(cause), 'live');
  }
}

export const liveRouter = router({
  containers: procedure.input(Here).subscription(async function* ({ ctx, input, signal }) {
    const { live } = await ctx.services.environments.get(input.environment);
    yield* paced(ctx, live.containers(endOf(signal)), signal);
  }),
  stats: procedure.input(StatsInput).subscription(async function* ({ ctx, input, signal }) {
    const { live } = await ctx.services.environments.get(input.environment);
    yield* paced(ctx, live.stats(input.ids, endOf(signal)), signal);
  }),
  /** Ends at once where the engine has no such answer (not Berth). */
  host: procedure.input(Here).subscription(async function* ({ ctx, input, signal }) {
    const { live } = await ctx.services.environments.get(input.environment);
    yield* paced(ctx, live.host(endOf(signal)), signal);
  }),
  events: procedure.input(Here).subscription(async function* ({ ctx, input, signal }) {
    const { live } = await ctx.services.environments.get(input.environment);
    yield* paced(ctx, live.events(endOf(signal)), signal);
  }),
  jobs: procedure.input(z.object({}).prefault({})).subscription(async function* ({ ctx, signal }) {
    yield* paced(ctx, ctx.services.jobs.watch(endOf(signal)), signal);
  }),
  logs: procedure.input(LogsInput).subscription(async function* ({ ctx, input, signal }) {
    const { live } = await ctx.services.environments.get(input.environment);
    yield* paced(
      ctx,
      live.logs(input.id, { tail: input.tail, sinceMs: input.sinceMs }, endOf(signal)),
      signal,
    );
  }),
  /** Older lines than the ones shown, oldest first. */
  logsBefore: procedure
    .input(LogsBeforeInput)
    .output(LogsPage)
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).live.logsBefore(input.id, input),
    ),
});
