/** Limits between the console's words and the engine's. */
import type { ContainerUpdateBody, HostConfig } from '@berth/engine-api';
import type { CreateContainerForm, Limits, UpdateLimitsInput } from '../schemas/containers.ts';

const positive = (value: number | undefined): number | null =>
  value !== undefined && value > 0 ? value : null;

export function limitsOf(host: HostConfig): Limits {
  const quota = positive(host.CpuQuota);
  const nano = positive(host.NanoCpus);
  return {
    cpus: nano !== null ? nano / 1e9 : quota !== null ? quota / (positive(host.CpuPeriod) ?? 100_000) : null,
    cpuShares: positive(host.CpuShares),
    cpusetCpus: host.CpusetCpus || null,
    memoryBytes: positive(host.Memory),
    memoryReservationBytes: positive(host.MemoryReservation),
    memorySwapBytes: positive(host.MemorySwap),
    pids: positive(host.PidsLimit),
  };
}

export interface HostSize {
  cpus: number;
  memoryBytes: number;
}

export interface EngineHost extends HostSize {
  minusOneIsUnlimited: boolean;
}

/** A limit as big as the host is none; that is also how “no limit” is told to engines that know no better way. */
export function withoutMoot(limits: Limits, host: HostSize): Limits {
  const moot = (limit: number | null, whole: number) => (limit !== null && limit >= whole ? null : limit);
  const memoryBytes = moot(limits.memoryBytes, host.memoryBytes);
  return {
    ...limits,
    cpus: moot(limits.cpus, host.cpus),
    memoryBytes,
    memorySwapBytes: memoryBytes === null ? null : limits.memorySwapBytes,
    memoryReservationBytes: moot(limits.memoryReservationBytes, host.memoryBytes),
  };
}

/**
 * Docker reads 0 as “leave it”, and refuses less than 0 for memory.
 * Berth takes -1 everywhere; others are given a limit as big as the host.
 */
export function updateBody(
  input: UpdateLimitsInput,
  present: HostConfig,
  host: EngineHost,
): ContainerUpdateBody {
  const { cpus: hostCpus } = host;
  const unlimitedBytes = host.minusOneIsUnlimited ? -1 : host.memoryBytes;
  const body: ContainerUpdateBody = {};
  if (input.cpus !== undefined) Object.assign(body, cpuFields(input.cpus, present, host));
  if (input.cpuShares !== undefined) body.CpuShares = input.cpuShares ?? 1024;
  if (input.cpusetCpus !== undefined)
    body.CpusetCpus = input.cpusetCpus ?? (hostCpus > 1 ? `0-${hostCpus - 1}` : '0');
  if (input.memoryBytes !== undefined) body.Memory = input.memoryBytes ?? unlimitedBytes;
  if (input.memoryReservationBytes !== undefined)
    body.MemoryReservation =
      input.memoryReservationBytes ?? input.memoryBytes ?? positive(present.Memory) ?? unlimitedBytes;
  const swap = swapTotal(input, present, host);
  if (swap !== undefined) body.MemorySwap = swap;
  if (input.pids !== undefined) body.PidsLimit = input.pids ?? -1;
  return body;
}

/** A container made with a quota keeps being told in quotas: engines refuse to mix the two. */
function cpuFields(cpus: number | null, present: HostConfig, host: EngineHost): ContainerUpdateBody {
  if (positive(present.CpuQuota) !== null || positive(present.CpuPeriod) !== null) {
    const period = positive(present.CpuPeriod) ?? 100_000;
    return { CpuPeriod: period, CpuQuota: cpus === null ? -1 : Math.round(cpus * period) };
  }
  if (cpus === null && host.minusOneIsUnlimited) return { NanoCpus: -1 };
  return { NanoCpus: Math.round((cpus ?? host.cpus) * 1e9) };
}

/** Memory and swap are limited together, so when only memory changes the swap on top of it stays what it was. */
function swapTotal(input: UpdateLimitsInput, present: HostConfig, host: EngineHost): number | undefined {
  if (input.memorySwapBytes !== undefined) return input.memorySwapBytes ?? -1;
  if (input.memoryBytes === undefined) return undefined;
  const isUnlimited = present.MemorySwap === -1;
  if (input.memoryBytes === null) {
    if (host.minusOneIsUnlimited) return isUnlimited ? -1 : undefined;
    // runc raises memory before swap when swap is unlimited, which the kernel refuses; twice the host does the same.
    return isUnlimited ? -1 : host.memoryBytes * 2;
  }
  const memory = positive(present.Memory);
  const total = positive(present.MemorySwap);
  if (isUnlimited) return -1;
  // Without a limit before, as much swap as memory: what engines give a new container.
  if (memory === null || total === null || memory >= host.memoryBytes) return input.memoryBytes * 2;
  return input.memoryBytes + Math.max(0, total - memory);
}

export function createLimits(limits: CreateContainerForm['limits']): Partial<HostConfig> {
  return {
    ...(limits.cpus === null ? {} : { NanoCpus: Math.round(limits.cpus * 1e9) }),
    ...(limits.memoryBytes === null ? {} : { Memory: limits.memoryBytes }),
    ...(limits.memorySwapBytes === null ? {} : { MemorySwap: limits.memorySwapBytes }),
    ...(limits.pids === null ? {} : { PidsLimit: limits.pids }),
  };
}
