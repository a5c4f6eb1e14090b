import type { StatsSample } from '@berth/api/schemas';
import type { StatsSeries } from './use-stats-series.ts';

/** Most of what was used in the last minutes (5th to 95th percentile), what is used now, and the most of all. */
export function usageOf(
  { samples, last }: StatsSeries,
  pick: (sample: StatsSample) => number | null,
): { low: number; high: number; now: number; peak: number } | undefined {
  const values = samples
    .flatMap((sample) => {
      const value = sample ? pick(sample) : null;
      return value === null ? [] : [value];
    })
    .sort((one, other) => one - other);
  const at = (share: number): number => values[Math.floor(share * (values.length - 1))] ?? 0;
  const now = last ? pick(last) : null;
  if (values.length === 0) return undefined;
  return { low: at(0.05), high: at(0.95), now: now ?? at(0.5), peak: at(1) };
}
