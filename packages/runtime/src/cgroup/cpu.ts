/** CPU time: shares, quota per period, usage. All periods and quotas are in microseconds. */
import { invalidParameter } from '@berth/engine-api';
import type { OciResources } from '../spec.ts';
import type { CgroupStats } from '../types.ts';
import { attempt, type Controller } from './controller.ts';
import { errorCode, parseFlat, readOptional, readText, writeValue } from './files.ts';

const defaultPeriodUs = 100_000;
const defaultShares = 1024;
/** cpuacct.stat counts in USER_HZ, which is 100 on every architecture Berth runs on. */
const nsPerTick = 10_000_000n;

const asked = ({ cpu }: OciResources): boolean =>
  [cpu?.shares, cpu?.quota, cpu?.period, cpu?.realtimeRuntime].some(
    (value) => value !== undefined && value !== 0,
  );

export const cpuV1: Controller = {
  name: 'cpu',
  asked,
  apply(directory, { cpu }, warnings) {
    if (cpu?.shares)
      refused('shares', cpu.shares, () => writeValue(directory, 'cpu.shares', cpu.shares ?? 0));
    applyQuotaV1(directory, cpu?.quota, cpu?.period);
    const { realtimePeriod, realtimeRuntime } = cpu ?? {};
    attempt(warnings, 'CPU real-time scheduling', () => {
      if (realtimePeriod) writeValue(directory, 'cpu.rt_period_us', realtimePeriod);
      if (realtimeRuntime) writeValue(directory, 'cpu.rt_runtime_us', realtimeRuntime);
    });
  },
  limits(directory) {
    const quota = Number(readOptional(directory, 'cpu.cfs_quota_us') ?? -1);
    return {
      cpuQuotaUs: quota < 0 ? undefined : quota,
      cpuPeriodUs: Number(readOptional(directory, 'cpu.cfs_period_us') ?? defaultPeriodUs),
      cpuShares: Number(readOptional(directory, 'cpu.shares') ?? defaultShares),
    };
  },
};

/** Period first, unless the new period with the old quota is more than the parent allows. */
function applyQuotaV1(directory: string, quota: number | undefined, period: number | undefined): void {
  let periodLater = false;
  if (period) {
    try {
      writeValue(directory, 'cpu.cfs_period_us', period);
    } catch (error) {
      if (errorCode(error) !== 'EINVAL' || !quota) throw refusal('period', period, error);
      periodLater = true;
    }
  }
  if (quota) refused('quota', quota, () => writeValue(directory, 'cpu.cfs_quota_us', quota));
  if (period && periodLater)
    refused('period', period, () => writeValue(directory, 'cpu.cfs_period_us', period));
}

/** v1 keeps usage (`cpuacct`) and throttling (`cpu`) in two hierarchies, which may be mounted as one. */
export function cpuStatsV1(
  read: (controller: 'cpu' | 'cpuacct', file: string) => string | undefined,
): CgroupStats['cpu'] {
  const perCpuNs = (read('cpuacct', 'cpuacct.usage_percpu') ?? '').split(' ').filter(Boolean).map(BigInt);
  const ticks = parseFlat(read('cpuacct', 'cpuacct.stat'));
  const stat = parseFlat(read('cpu', 'cpu.stat'));
  return {
    usageNs: perCpuNs.reduce((sum, ns) => sum + ns, 0n),
    userNs: BigInt(ticks.user ?? 0) * nsPerTick,
    systemNs: BigInt(ticks.system ?? 0) * nsPerTick,
    perCpuNs,
    periods: stat.nr_periods ?? 0,
    throttledPeriods: stat.nr_throttled ?? 0,
    throttledNs: BigInt(stat.throttled_time ?? 0),
  };
}

export const cpuV2: Controller = {
  name: 'cpu',
  asked,
  apply(directory, { cpu }) {
    const { shares, quota, period } = cpu ?? {};
    if (shares)
      refused('shares', shares, () => writeValue(directory, 'cpu.weight', weightFromShares(shares)));
    if (!quota && !period) return;
    const current = quota ? '' : (readText(directory, 'cpu.max').split(' ')[0] ?? 'max');
    const quotaText = quota ? (quota < 0 ? 'max' : String(quota)) : current;
    const text = period ? `${quotaText} ${period}` : quotaText;
    refused(quota ? 'quota' : 'period', quota ?? period ?? 0, () => writeValue(directory, 'cpu.max', text));
  },
  limits(directory) {
    const [quota, period] = (readOptional(directory, 'cpu.max') ?? `max ${defaultPeriodUs}`).split(' ');
    const weight = readOptional(directory, 'cpu.weight');
    return {
      cpuQuotaUs: quota === 'max' ? undefined : Number(quota),
      cpuPeriodUs: Number(period),
      cpuShares: weight === undefined ? defaultShares : sharesFromWeight(Number(weight)),
    };
  },
  stats(directory, files) {
    const stat = parseFlat(files.read(directory, 'cpu.stat'));
    const ns = (key: string): bigint => BigInt(stat[key] ?? 0) * 1000n;
    return {
      cpu: {
        usageNs: ns('usage_usec'),
        userNs: ns('user_usec'),
        systemNs: ns('system_usec'),
        perCpuNs: [],
        periods: stat.nr_periods ?? 0,
        throttledPeriods: stat.nr_throttled ?? 0,
        throttledNs: ns('throttled_usec'),
      },
    };
  },
};

/**
 * v1 shares (2…262144, default 1024) to v2 weight (1…10000, default 100): the quadratic curve through the three
 * pairs on logarithmic scales that OCI runtimes agreed on in 2025; a straight line would give 1024 only 39.
 */
export function weightFromShares(shares: number): number {
  if (shares <= 2) return 1;
  if (shares >= 262_144) return 10_000;
  const l = Math.log2(shares);
  return Math.ceil(10 ** ((l * l + 125 * l) / 612 - 7 / 34));
}

/** The inverse, for showing a limit in the units it is set in. */
export function sharesFromWeight(weight: number): number {
  const l = (Math.sqrt(125 ** 2 + 4 * 612 * (Math.log10(weight) + 7 / 34)) - 125) / 2;
  return Math.round(2 ** l);
}

function refused(what: string, value: number, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw refusal(what, value, error);
  }
}

/** EINVAL is the kernel's word for "out of range, or more than the parent cgroup has". */
function refusal(what: string, value: number, cause: unknown): unknown {
  const code = errorCode(cause);
  if (code !== 'EINVAL' && code !== 'ERANGE') return cause;
  return invalidParameter(`the kernel does not accept a CPU ${what} of ${value}`, { cause });
}
