/** Container logs: following, and pages of older lines. */
import { type DockerClient, logLines } from '@berth/docker-client';
import { createChannel, sleepUntil } from '../lib/channel.ts';
import type { LogLine, LogsUpdate } from '../schemas/live.ts';
import type { Hub } from './hub.ts';

/** Lines kept for a reader that is too slow; older ones are dropped and counted. */
const BACKLOG = 10_000;
const BATCH = 1_000;
/** A browser shows nothing of a longer line; the download has it all. */
const MAX_LINE = 64 * 1024;

/** Nine digits of fraction, so times sort as text. */
export const sortableTime = (time: string | undefined): string => {
  const match = /^(.{19})(?:\.(\d+))?Z$/.exec(time ?? '');
  return match ? `${match[1]}.${(match[2] ?? '').padEnd(9, '0')}Z` : (time ?? '');
};

/** The one form of time every engine takes for `since` and `until`: seconds with nine digits of fraction. */
export function engineTime(time: string): string {
  const [whole = '', fraction = '0'] = time.replace('Z', '').split('.');
  return `${Date.parse(`${whole}Z`) / 1000}.${fraction.padEnd(9, '0')}`;
}

async function* readLines(
  client: DockerClient,
  id: string,
  options: Parameters<DockerClient['containers']['logs']>[1],
): AsyncGenerator<LogLine, void, undefined> {
  const pieces = client.containers.logs(id, { ...options, timestamps: true });
  for await (const { stream, timestamp, text } of logLines(pieces, { timestamps: true }))
    yield { stream, time: sortableTime(timestamp), line: text.slice(0, MAX_LINE) };
}

export async function* followLogs(
  client: DockerClient,
  hub: Hub,
  id: string,
  options: { tail: number; sinceMs: number | undefined },
  signal: AbortSignal,
): AsyncGenerator<LogsUpdate, void, undefined> {
  // Listening first: a start between the end of the log and the wait must not be missed.
  const starts = watchStarts(client, hub, id, signal);
  try {
    let from: { tail?: number; since?: string | number } = {
      tail: options.tail,
      ...(options.sinceMs === undefined ? {} : { since: options.sinceMs / 1000 }),
    };
    let last = '';
    while (!signal.aborted) {
      // After a restart the engine repeats the last line, because `since` is inclusive.
      const seen = last;
      for await (const update of batches(client, id, from, signal)) {
        const lines = update.type === 'lines' ? update.lines.filter((line) => line.time > seen) : [];
        if (update.type === 'lines' && lines.length === 0) continue;
        last = lines.at(-1)?.time ?? last;
        yield update.type === 'lines' ? { type: 'lines', lines } : update;
      }
      if (signal.aborted) return;
      yield { type: 'stopped' };
      from = { since: last === '' ? Date.now() / 1000 - 1 : engineTime(last) };
      await starts.next();
      if (!signal.aborted) yield { type: 'started' };
    }
  } finally {
    starts.stop();
  }
}

/** Lines as they come, gathered while the reader is busy; nothing older than the newest BACKLOG waits. */
async function* batches(
  client: DockerClient,
  id: string,
  from: { tail?: number; since?: string | number },
  signal: AbortSignal,
): AsyncGenerator<LogsUpdate, void, undefined> {
  let dropped = 0;
  const channel = createChannel<LogLine>(BACKLOG, (queue) => {
    dropped += queue.splice(0, BATCH).length;
  });
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const reading = (async () => {
    for await (const line of readLines(client, id, { ...from, follow: true, signal: both }))
      channel.push(line);
  })().then(
    () => channel.end(),
    (error: unknown) => channel.end(both.aborted ? undefined : error),
  );
  try {
    let lines: LogLine[] = [];
    for await (const line of channel.read(signal)) {
      if (dropped > 0) {
        yield { type: 'dropped', count: dropped };
        dropped = 0;
      }
      lines.push(line);
      if (lines.length < BATCH && channel.size > 0) continue;
      yield { type: 'lines', lines };
      lines = [];
      // Lets what has arrived meanwhile join the next batch.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    stop.abort();
    await reading;
  }
}

/** Counts starts of the container, so one that came before anybody waits is not lost. */
function watchStarts(client: DockerClient, hub: Hub, ref: string, signal: AbortSignal) {
  let pending = false;
  let fullId: string | undefined;
  let resume = () => {};
  const note = () => {
    pending = true;
    resume();
  };
  const stop = hub.events.subscribe((message) => {
    if (message.type !== 'event' || message.event.Type !== 'container' || message.event.Action !== 'start')
      return;
    const { ID, Attributes } = message.event.Actor;
    if (ID === fullId || ID.startsWith(ref) || Attributes.name === ref) note();
  });
  client.containers.inspect(ref, { signal }).then(
    (found) => {
      fullId = found.Id;
    },
    () => undefined,
  );
  return {
    stop,
    async next(): Promise<void> {
      // The event stream repeats the last seconds when it connects; an early start is only believed if it runs.
      while (!signal.aborted) {
        if (!pending)
          await sleepUntil(signal, (wake) => {
            resume = wake;
          });
        pending = false;
        const found = await client.containers.inspect(ref, { signal }).catch(() => undefined);
        if (!found || found.State.Running) return;
      }
    },
  };
}

/**
 * The `limit` lines before the oldest one shown. Several lines can have one time, so the caller says how many of
 * that very time it has. Engines take `tail` first and `until` second, so a tail is only a guess that saves reading
 * the whole log; when it held too little, everything up to the time is read and the end kept.
 */
export async function olderLogs(
  client: DockerClient,
  id: string,
  { before, shown, limit }: { before: string; shown: number; limit: number },
): Promise<{ lines: LogLine[]; start: boolean }> {
  const end = sortableTime(before);
  const quick = await linesUpTo(client, id, end, { tail: limit * 8 + shown, keep: limit + shown });
  const enough = withoutShown(quick.lines, end, shown);
  if (enough.length >= limit) return { lines: enough.slice(-limit), start: false };
  const all = await linesUpTo(client, id, end, { keep: limit + shown });
  const lines = withoutShown(all.lines, end, shown);
  return { lines: lines.slice(-limit), start: !all.more && lines.length <= limit };
}

async function linesUpTo(
  client: DockerClient,
  id: string,
  end: string,
  { tail, keep }: { tail?: number; keep: number },
): Promise<{ lines: LogLine[]; more: boolean }> {
  const signal = AbortSignal.timeout(30_000);
  const lines: LogLine[] = [];
  let more = false;
  for await (const line of readLines(client, id, {
    until: engineTime(end),
    signal,
    ...(tail === undefined ? {} : { tail }),
  })) {
    if (line.time > end) break;
    lines.push(line);
    if (lines.length >= keep * 2) {
      lines.splice(0, lines.length - keep);
      more = true;
    }
  }
  return { lines, more };
}

/** Drops the last `shown` lines of exactly that time. */
function withoutShown(lines: LogLine[], end: string, shown: number): LogLine[] {
  const same = lines.length - lines.findLastIndex((line) => line.time < end) - 1;
  return lines.slice(0, lines.length - Math.min(shown, same));
}
