/** One log line through JSON.parse: escapes beyond the simple ones, attributes, lines written by other programs. */
import type { LineOptions } from './line-encoder.ts';

const headerBytes = 8;

/** The record's bytes, nothing when it is not wanted or not JSON, 'finished' when it is later than `until`. */
export function encodeRecord(line: string, options: LineOptions): Buffer | 'finished' | undefined {
  const record = parseRecord(line);
  if (!record) return undefined;
  const timeMs = Date.parse(record.time);
  if (options.sinceMs !== undefined && timeMs < options.sinceMs) return undefined;
  if (options.untilMs !== undefined && timeMs > options.untilMs) return 'finished';
  const isError = record.stream === 'stderr';
  if (!(isError ? options.stderr : options.stdout)) return undefined;
  const timestamp = options.timestamps ? `${fixedTime(record.time)} ` : '';
  const details = options.details ? `${attributesText(record.attrs)} ` : '';
  const text = Buffer.from(timestamp + details + record.log);
  return options.multiplexed ? Buffer.concat([header(isError, text.length), text]) : text;
}

function parseRecord(
  line: string,
): { log: string; stream: string; time: string; attrs: Record<string, unknown> } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // A torn line (the host lost power while it was written) must not hide the ones after it.
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { log, stream, time, attrs } = value as Record<string, unknown>;
  if (typeof log !== 'string' || typeof time !== 'string') return undefined;
  return {
    log,
    time,
    stream: stream === 'stderr' ? 'stderr' : 'stdout',
    attrs: typeof attrs === 'object' && attrs !== null ? { ...attrs } : {},
  };
}

function fixedTime(time: string): string {
  const match = /^(.{19})(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time);
  return match ? `${match[1]}.${(match[2] ?? '').padEnd(9, '0').slice(0, 9)}${match[3]}` : time;
}

const attributesText = (attrs: Record<string, unknown>): string =>
  Object.keys(attrs)
    .sort()
    .map((key) => `${encodeURIComponent(key)}=${encodeURIComponent(String(attrs[key]))}`)
    .join(',');

function header(isError: boolean, length: number): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  bytes[0] = isError ? 2 : 1;
  bytes.writeUInt32BE(length, 4);
  return bytes;
}
