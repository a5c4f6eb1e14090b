/** Samples of `GET /containers/{id}/stats`. Times in nanoseconds, sizes in bytes. */
import { z } from 'zod';
import { count, integer, map, optional, struct, text } from '../fields.ts';

const BlkioEntry = z.object({ major: count, minor: count, op: text, value: count });
export type BlkioEntry = z.infer<typeof BlkioEntry>;
/** Docker gives null where the kernel has no such counter. */
const blkioEntries = z.preprocess((value) => value ?? null, z.array(BlkioEntry).nullable());

export const BlkioStats = z.object({
  io_service_bytes_recursive: blkioEntries,
  io_serviced_recursive: blkioEntries,
  io_queue_recursive: blkioEntries,
  io_service_time_recursive: blkioEntries,
  io_wait_time_recursive: blkioEntries,
  io_merged_recursive: blkioEntries,
  io_time_recursive: blkioEntries,
  sectors_recursive: blkioEntries,
});
export type BlkioStats = z.infer<typeof BlkioStats>;

export const CpuStats = z.object({
  cpu_usage: struct(
    z.object({
      total_usage: count,
      /** Absent with cgroup v2. */
      percpu_usage: optional(z.array(integer)),
      usage_in_kernelmode: count,
      usage_in_usermode: count,
    }),
  ),
  /** Of the whole host; absent in the `precpu_stats` of a first sample. */
  system_cpu_usage: optional(integer),
  online_cpus: optional(integer),
  throttling_data: struct(z.object({ periods: count, throttled_periods: count, throttled_time: count })),
});
export type CpuStats = z.infer<typeof CpuStats>;

/** Every field is absent for a container that does not run. */
export const MemoryStats = z.object({
  usage: optional(integer),
  max_usage: optional(integer),
  stats: optional(z.record(z.string(), integer)),
  failcnt: optional(integer),
  /** The host's memory when there is no limit. */
  limit: optional(integer),
});
export type MemoryStats = z.infer<typeof MemoryStats>;

export const NetworkStats = z.object({
  rx_bytes: count,
  rx_packets: count,
  rx_errors: count,
  rx_dropped: count,
  tx_bytes: count,
  tx_packets: count,
  tx_errors: count,
  tx_dropped: count,
});
export type NetworkStats = z.infer<typeof NetworkStats>;

export const ContainerStats = z.object({
  id: text,
  /** With a leading slash. */
  name: text,
  /** RFC 3339. */
  read: text,
  preread: text,
  pids_stats: struct(z.object({ current: optional(integer), limit: optional(integer) })),
  blkio_stats: struct(BlkioStats),
  num_procs: count,
  storage_stats: struct(z.object({})),
  cpu_stats: struct(CpuStats),
  precpu_stats: struct(CpuStats),
  memory_stats: struct(MemoryStats),
  /** By interface name; absent without a network of its own. */
  networks: optional(map(NetworkStats)),
});
export type ContainerStats = z.infer<typeof ContainerStats>;
