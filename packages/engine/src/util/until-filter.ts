/** The `until` filter of prune and list calls: a moment, or a time span before now. */
import { type Filters, invalidParameter } from '@berth/engine-api';

const spanUnits: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** @throws invalidParameter for several, or one that is no time */
export function untilFilter(filters: Filters, nowMs = Date.now()): Date | undefined {
  const [text, ...more] = filters.until ?? [];
  if (text === undefined) return undefined;
  if (more.length > 0) throw invalidParameter('more than one until filter specified');
  const date = parseMoment(text, nowMs);
  if (!date) throw invalidParameter(`invalid filter 'until=${text}': it is neither a time nor a duration`);
  return date;
}

/** Unix seconds, RFC 3339 (possibly shortened), or a Go duration such as "1h30m" before now. */
function parseMoment(text: string, nowMs: number): Date | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return new Date(Number(text) * 1000);
  const span = parseSpan(text);
  if (span !== undefined) return new Date(nowMs - span);
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function parseSpan(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(amount) * (spanUnits[unit] ?? 0);
  }
  return total;
}
