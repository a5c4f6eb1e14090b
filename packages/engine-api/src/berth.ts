/** What Docker has no words for: Berth's own API under `/berth/v1`. */
import { z } from 'zod';

const limit = z.number().nullable();

/** Limits read back from the container's cgroup; null is unlimited. */
export const KernelLimits = z.object({
  cgroupVersion: z.union([z.literal(1), z.literal(2)]),
  cpuQuotaUs: limit,
  cpuPeriodUs: z.number(),
  cpuShares: z.number(),
  cpusetCpus: z.string(),
  memoryBytes: limit,
  memoryReservationBytes: limit,
  memorySwapBytes: limit,
  pids: limit,
});
export type KernelLimits = z.infer<typeof KernelLimits>;

export const HostUsage = z.object({
  cpus: z.number(),
  /** Busy share of all cpus since the previous sample, 0 to 1. */
  cpuUsage: z.number(),
  loadAverage: z.tuple([z.number(), z.number(), z.number()]),
  memoryTotalBytes: z.number(),
  memoryAvailableBytes: z.number(),
  /** Of the file system that holds data-root. */
  diskTotalBytes: z.number(),
  diskFreeBytes: z.number(),
  uptimeS: z.number(),
});
export type HostUsage = z.infer<typeof HostUsage>;
