/** Go's zero time: how the Engine API says "never". */
export const zeroTime = '0001-01-01T00:00:00Z';

/** Wall clock in nanoseconds; microsecond resolution, so that events made in one millisecond keep their order. */
export function nowNanoseconds(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
}

/** The time of day as the Engine API prints it (RFC 3339). */
export const toApiTime = (date: Date | undefined): string => (date ? date.toISOString() : zeroTime);

/** The reverse of `toApiTime`; "never" and anything unreadable are undefined. */
export function fromApiTime(text: string): Date | undefined {
  if (text === zeroTime) return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
