/** Memory and swap. All values are bytes; in `resources`, `swap` means memory plus swap and -1 means unlimited. */
import { readFileSync } from 'node:fs';
import { conflict, invalidParameter } from '@berth/engine-api';
import type { OciResources } from '../spec.ts';
import { attempt, type Controller } from './controller.ts';
import { errorCode, parseFlat, parseLimit, readOptional, readText, writeValue } from './files.ts';

const asked = ({ memory }: OciResources): boolean => memory?.limit !== undefined && memory.limit > 0;

export const memoryV1: Controller = {
  name: 'memory',
  asked,
  apply(directory, { memory }, warnings) {
    if (memory === undefined) return;
    const { limit, reservation, swappiness, disableOOMKiller } = memory;
    // Without a limit on memory there can be none on memory plus swap.
    applyLimitsV1(directory, limit, limit === -1 ? -1 : memory.swap, warnings);
    const lesser = (what: string, file: string, value: number | undefined): void => {
      if (value !== undefined) attempt(warnings, what, () => writeValue(directory, file, value));
    };
    lesser('the memory reservation', 'memory.soft_limit_in_bytes', reservation || undefined);
    lesser('memory swappiness', 'memory.swappiness', swappiness);
    lesser('disabling the OOM killer', 'memory.oom_control', disableOOMKiller ? 1 : undefined);
  },
  limits: (directory) => ({
    memoryBytes: parseLimit(readOptional(directory, 'memory.limit_in_bytes')),
    memoryReservationBytes: parseLimit(readOptional(directory, 'memory.soft_limit_in_bytes')),
    memorySwapBytes: parseLimit(readOptional(directory, 'memory.memsw.limit_in_bytes')),
  }),
  stats(directory, files) {
    const stat = parseFlat(files.read(directory, 'memory.stat'));
    return {
      memory: {
        usageBytes: Number(files.read(directory, 'memory.usage_in_bytes') ?? 0),
        maxUsageBytes: parseLimit(files.read(directory, 'memory.max_usage_in_bytes')),
        limitBytes: parseLimit(files.read(directory, 'memory.limit_in_bytes')),
        stat,
        oomKills: parseFlat(files.read(directory, 'memory.oom_control')).oom_kill ?? 0,
      },
    };
  },
};

/**
 * The kernel insists on limit ≤ memory plus swap after every write. Limit first is right for a new cgroup and for
 * lowering; when raising it is refused with EINVAL, and then the other goes first. This way nothing has to be read.
 */
function applyLimitsV1(
  directory: string,
  limit: number | undefined,
  swap: number | undefined,
  warnings: string[],
): void {
  let swapDone = false;
  if (limit) {
    try {
      writeValue(directory, 'memory.limit_in_bytes', limit);
    } catch (error) {
      if (errorCode(error) !== 'EINVAL' || !swap) throw limitRefused(directory, limit, error);
      swapDone = applySwapV1(directory, swap, warnings);
      writeLimitV1(directory, limit);
    }
  }
  if (swap && !swapDone) applySwapV1(directory, swap, warnings);
}

function writeLimitV1(directory: string, limit: number): void {
  try {
    writeValue(directory, 'memory.limit_in_bytes', limit);
  } catch (error) {
    throw limitRefused(directory, limit, error);
  }
}

function applySwapV1(directory: string, swap: number, warnings: string[]): true {
  try {
    writeValue(directory, 'memory.memsw.limit_in_bytes', swap);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      // Docker's own sentence for kernels booted without swap accounting.
      const message = 'Your kernel does not support swap limit capabilities or the cgroup is not mounted.';
      if (swap !== -1) warnings.push(`${message} Memory limited without swap.`);
    } else if (errorCode(error) === 'EINVAL') {
      throw invalidParameter('Minimum memoryswap limit should be larger than memory limit, see usage', {
        cause: error,
      });
    } else {
      throw limitRefused(directory, swap, error);
    }
  }
  return true;
}

function limitRefused(directory: string, limit: number, cause: unknown): unknown {
  if (errorCode(cause) === 'EBUSY') {
    const usage = readText(directory, 'memory.usage_in_bytes');
    const peak = readText(directory, 'memory.max_usage_in_bytes');
    return belowUsage(limit, usage, peak, cause);
  }
  if (errorCode(cause) === 'EINVAL') {
    const message = 'Memory limit should be smaller than already set memoryswap limit';
    return conflict(`${message}, update the memoryswap at the same time`, { cause });
  }
  return cause;
}

const belowUsage = (limit: number, usage: string, peak: string, cause?: unknown): Error =>
  conflict(`unable to set memory limit to ${limit} (current usage: ${usage}, peak usage: ${peak})`, {
    cause,
  });

export const memoryV2: Controller = {
  name: 'memory',
  asked,
  apply(directory, { memory }, warnings) {
    if (memory === undefined) return;
    const { limit, swap, reservation } = memory;
    if (limit !== undefined && limit > 0) checkUsageV2(directory, limit);
    if (swap) applySwapV2(directory, swap, limit, warnings);
    if (limit) writeValue(directory, 'memory.max', limit < 0 ? 'max' : limit);
    if (reservation) {
      attempt(warnings, 'the memory reservation', () =>
        writeValue(directory, 'memory.low', maxFor(reservation)),
      );
    }
  },
  limits(directory) {
    const limit = parseLimit(readOptional(directory, 'memory.max'));
    const swap = parseLimit(readOptional(directory, 'memory.swap.max'));
    // memory.low is 0 unless set; the other version of this file system says "unlimited" for that.
    const low = parseLimit(readOptional(directory, 'memory.low'));
    return {
      memoryBytes: limit,
      memoryReservationBytes: low || undefined,
      memorySwapBytes: limit === undefined || swap === undefined ? undefined : limit + swap,
    };
  },
  stats: (directory, files) => ({
    memory: {
      usageBytes: Number(files.read(directory, 'memory.current') ?? 0),
      maxUsageBytes: parseLimit(files.read(directory, 'memory.peak')),
      limitBytes: parseLimit(files.read(directory, 'memory.max')),
      stat: parseFlat(files.read(directory, 'memory.stat')),
      oomKills: parseFlat(files.read(directory, 'memory.events')).oom_kill ?? 0,
    },
  }),
};

const maxFor = (bytes: number): string => (bytes < 0 ? 'max' : String(bytes));

/** v2 limits swap alone; the OCI number counts memory too. */
function applySwapV2(
  directory: string,
  total: number,
  newLimit: number | undefined,
  warnings: string[],
): void {
  const limit = newLimit || parseLimit(readOptional(directory, 'memory.max'));
  const unlimited = total < 0 || limit === undefined || limit < 0;
  if (!unlimited && total < limit) {
    throw invalidParameter('Minimum memoryswap limit should be larger than memory limit, see usage');
  }
  const value = unlimited ? 'max' : total - limit;
  attempt(warnings, 'the swap limit', () => writeValue(directory, 'memory.swap.max', value));
}

/**
 * v1 answers EBUSY for a limit that the processes already exceed; v2 kills one of them instead. A slider in a
 * console must not do that, so what can neither be dropped nor swapped out is compared here first.
 */
function checkUsageV2(directory: string, limit: number): void {
  const usage = readOptional(directory, 'memory.current') ?? '0';
  if (Number(usage) <= limit) return;
  const stat = parseFlat(readOptional(directory, 'memory.stat'));
  const held = (stat.anon ?? 0) + (stat.shmem ?? 0);
  if (held - swapRoomV2(directory) <= limit) return;
  throw belowUsage(limit, usage, readOptional(directory, 'memory.peak') ?? usage);
}

function swapRoomV2(directory: string): number {
  const freeKib = /^SwapFree:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1];
  const allowed = parseLimit(readOptional(directory, 'memory.swap.max')) ?? Number.MAX_SAFE_INTEGER;
  const used = Number(readOptional(directory, 'memory.swap.current') ?? 0);
  return Math.max(0, Math.min(Number(freeKib ?? 0) * 1024, allowed - used));
}
