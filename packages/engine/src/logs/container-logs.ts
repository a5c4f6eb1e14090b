/** `GET /containers/{id}/logs`. */
import { Readable } from 'node:stream';
import { notImplemented } from '@berth/engine-api';
import type { Container } from '../containers/container.ts';
import type { EngineContext } from '../context.ts';
import type { LogsQuery } from '../types.ts';
import { readLogs } from './read-logs.ts';

/** @throws notImplemented when the container's log driver keeps nothing to read */
export function containerLogs(
  context: EngineContext,
  container: Container,
  query: LogsQuery,
): { stream: Readable; multiplexed: boolean } {
  const driver = container.hostConfig.LogConfig?.Type ?? 'json-file';
  if (driver !== 'json-file') throw notImplemented('configured logging driver does not support reading');
  const multiplexed = !container.terminal;
  const chunks = readLogs(context.store.paths(container.id).log, {
    stdout: query.stdout,
    stderr: query.stderr,
    timestamps: query.timestamps,
    details: query.details,
    multiplexed,
    sinceMs: query.since?.getTime(),
    untilMs: query.until?.getTime(),
    tail: query.tail,
    followUntil: query.follow ? container.process?.exited : undefined,
    signal: query.signal,
  });
  return { stream: Readable.from(chunks, { objectMode: false }), multiplexed };
}
