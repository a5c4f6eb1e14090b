/** Live data of one engine, fanned out from shared upstreams. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DockerClient } from '@berth/docker-client';
import type { ContainerStats } from '@berth/engine-api';
import { createChannel } from '../lib/channel.ts';
import { createSharedSource, type SharedSource } from '../lib/shared-source.ts';
import type { ContainersUpdate, EngineEvent, StatsSample, StatsUpdate } from '../schemas/live.ts';
import type { HostUsage } from '../schemas/system.ts';
import type { LiveService } from '../services/types.ts';
import { isShown, toEngineEvent } from './event-words.ts';
import type { Hub } from './hub.ts';
import { limitsOf } from './limits.ts';
import { followLogs, olderLogs } from './logs.ts';
import { toSample } from './stats-sample.ts';

const QUEUE = 2_000;
/** Samples of several containers arrive within milliseconds of each other: one message carries them. */
const GATHER_MS = 60;
const HOST_EVERY_MS = 1_000;
const RECENT_MS = 7 * 24 * 3600_000;

export function createLive(client: DockerClient, hub: Hub): LiveService {
  const stats = createStats(client);
  const host = createHost(client);

  return {
    async *containers(signal) {
      const channel = createChannel<ContainersUpdate>(QUEUE, (queue) => {
        // Too slow for the changes: everything once more, as it is now.
        const rows = hub.rows();
        if (rows) queue.splice(0, queue.length, { type: 'snapshot', rows });
      });
      const rows = hub.rows();
      if (rows) channel.push({ type: 'snapshot', rows });
      const leave = hub.containers.subscribe(channel.push);
      try {
        yield* channel.read(signal);
      } finally {
        leave();
      }
    },

    stats: (ids, signal) => mergedStats(ids, stats, signal),

    async *host(signal) {
      if ((await client.berth.host({ signal })) === undefined) return;
      const channel = createChannel<HostUsage>(10, (queue) => queue.shift());
      const leave = host.subscribe(channel.push);
      try {
        yield* channel.read(signal);
      } finally {
        leave();
      }
    },

    async *events(signal) {
      const channel = createChannel<EngineEvent>(QUEUE, (queue) => queue.shift());
      const startedMs = Date.now();
      const leave = hub.events.subscribe((message) => {
        if (message.type !== 'event' || !isShown(message.event)) return;
        const event = toEngineEvent(message.event);
        // The overlap of a fresh connection is already in `recent`.
        if (event.timeMs >= startedMs - 2_000) channel.push(event);
      });
      try {
        yield* channel.read(signal);
      } finally {
        leave();
      }
    },

    async recentEvents(limit) {
      const until = Math.floor(Date.now() / 1000);
      const since = until - Math.floor(RECENT_MS / 1000);
      const signal = AbortSignal.timeout(5_000);
      const found: EngineEvent[] = [];
      for await (const event of client.system.events({ since, until, signal })) {
        if (isShown(event)) found.push(toEngineEvent(event));
        if (found.length > limit * 2) found.splice(0, limit);
      }
      return found.slice(-limit).reverse();
    },

    logs: (id, options, signal) => followLogs(client, hub, id, options, signal),
    logsBefore: (id, options) => olderLogs(client, id, options),
  };
}

type StatsMessage = { sample: StatsSample | null } | { ended: true };

/** One engine stream per container, however many look at it. */
function createStats(client: DockerClient): (id: string) => SharedSource<StatsMessage> {
  const sources = new Map<string, SharedSource<StatsMessage>>();
  return (id) => {
    const known = sources.get(id);
    if (known) return known;
    const source = createSharedSource<StatsMessage>({
      async produce(emit, signal) {
        try {
          const cpuLimit = async () =>
            limitsOf((await client.containers.inspect(id, { signal })).HostConfig).cpus;
          let limit = await cpuLimit();
          let previous: ContainerStats | undefined;
          let count = 0;
          for await (const reading of client.containers.stats(id, { signal })) {
            // The limit can be changed by others; a look every few seconds is enough for a percentage.
            count += 1;
            if (count % 10 === 0) limit = await cpuLimit();
            const sample = toSample(id, reading, previous, limit);
            emit({ sample });
            // While stopped the counters are missing; rates start anew with the next run.
            previous = sample ? reading : undefined;
          }
        } finally {
          emit({ ended: true });
        }
      },
      idle: () => sources.delete(id),
    });
    sources.set(id, source);
    return source;
  };
}

async function* mergedStats(
  ids: readonly string[],
  sourceOf: (id: string) => SharedSource<StatsMessage>,
  signal: AbortSignal,
): AsyncGenerator<StatsUpdate, void, undefined> {
  const latest = new Map<string, StatsSample>();
  const channel = createChannel<StatsUpdate | 'samples'>(ids.length * 2 + 10, (queue) => queue.shift());
  const leave = [...new Set(ids)].map((id) =>
    sourceOf(id).subscribe((message) => {
      if ('ended' in message) {
        channel.push({ type: 'ended', id });
        return;
      }
      if (!message.sample) return;
      latest.set(id, message.sample);
      if (latest.size === 1) channel.push('samples');
    }),
  );
  try {
    for await (const update of channel.read(signal)) {
      if (update !== 'samples') {
        yield update;
        continue;
      }
      if (ids.length > 1) await delay(GATHER_MS, undefined, { signal }).catch(() => undefined);
      const samples = [...latest.values()];
      latest.clear();
      if (samples.length > 0) yield { type: 'samples', samples };
    }
  } finally {
    for (const stop of leave) stop();
  }
}

/** Asked once a second while somebody looks; the engine has no stream for it. */
function createHost(client: DockerClient): SharedSource<HostUsage> {
  return createSharedSource<HostUsage>({
    async produce(emit, signal) {
      while (!signal.aborted) {
        const usage = await client.berth.host({ signal });
        if (usage) emit({ ...usage, timeMs: Date.now() });
        await delay(HOST_EVERY_MS, undefined, { signal });
      }
    },
  });
}
