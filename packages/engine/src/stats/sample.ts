/** One sample of a container's usage, in the JSON Docker has for it. */
import type { BlkioEntry, ContainerStats, CpuStats, MemoryStats } from '@berth/engine-api';
import type { InterfaceCounters } from '@berth/network';
import type { CgroupStats } from '@berth/runtime';
import type { HostCpu } from '../system/proc.ts';
import { zeroTime } from '../util/time.ts';

export interface Sample {
  readAt: Date;
  cgroup: CgroupStats;
  host: HostCpu;
  networks: InterfaceCounters[];
  /** Of the host, bytes: what a container without a limit can use. */
  hostMemoryBytes: number;
}

export interface StatsSubject {
  id: string;
  name: string;
  cgroupVersion: 1 | 2;
}

export function toStats(subject: StatsSubject, sample: Sample, previous: Sample | undefined): ContainerStats {
  const { cgroup, networks } = sample;
  return {
    id: subject.id,
    name: `/${subject.name}`,
    read: sample.readAt.toISOString(),
    preread: previous ? previous.readAt.toISOString() : zeroTime,
    pids_stats: {
      current: cgroup.pids.current,
      ...(cgroup.pids.limit === undefined ? {} : { limit: cgroup.pids.limit }),
    },
    blkio_stats: blockStats(cgroup.blockIo),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpuStats(subject, sample),
    precpu_stats: previous ? cpuStats(subject, previous) : noCpuStats(),
    memory_stats: memoryStats(subject, sample),
    ...(networks.length > 0 ? { networks: Object.fromEntries(networks.map(networkStats)) } : {}),
  };
}

/** A container that does not run. */
export const emptyStats = (subject: StatsSubject): ContainerStats => ({
  id: subject.id,
  name: `/${subject.name}`,
  read: zeroTime,
  preread: zeroTime,
  pids_stats: {},
  blkio_stats: noBlockStats(),
  num_procs: 0,
  storage_stats: {},
  cpu_stats: noCpuStats(),
  precpu_stats: noCpuStats(),
  memory_stats: {},
});

function cpuStats(subject: StatsSubject, { cgroup, host }: Sample): CpuStats {
  const { cpu } = cgroup;
  return {
    cpu_usage: {
      total_usage: Number(cpu.usageNs),
      ...(subject.cgroupVersion === 1 ? { percpu_usage: cpu.perCpuNs.map(Number) } : {}),
      usage_in_kernelmode: Number(cpu.systemNs),
      usage_in_usermode: Number(cpu.userNs),
    },
    system_cpu_usage: host.totalNs,
    online_cpus: host.onlineCpus,
    throttling_data: {
      periods: cpu.periods,
      throttled_periods: cpu.throttledPeriods,
      throttled_time: Number(cpu.throttledNs),
    },
  };
}

const noCpuStats = (): CpuStats => ({
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
});

function memoryStats(subject: StatsSubject, { cgroup, hostMemoryBytes }: Sample): MemoryStats {
  const { memory } = cgroup;
  const limit = memory.limitBytes;
  return {
    usage: memory.usageBytes,
    ...(subject.cgroupVersion === 1 && memory.maxUsageBytes !== undefined
      ? { max_usage: memory.maxUsageBytes }
      : {}),
    stats: memory.stat,
    limit: limit === undefined || limit > hostMemoryBytes ? hostMemoryBytes : limit,
  };
}

function blockStats(entries: CgroupStats['blockIo']): ContainerStats['blkio_stats'] {
  const of = (value: (entry: CgroupStats['blockIo'][number]) => number): BlkioEntry[] =>
    entries.map((entry) => ({ major: entry.major, minor: entry.minor, op: entry.op, value: value(entry) }));
  return {
    ...noBlockStats(),
    io_service_bytes_recursive: of((entry) => entry.bytes),
    io_serviced_recursive: of((entry) => entry.operations),
  };
}

const noBlockStats = (): ContainerStats['blkio_stats'] => ({
  io_service_bytes_recursive: null,
  io_serviced_recursive: null,
  io_queue_recursive: null,
  io_service_time_recursive: null,
  io_wait_time_recursive: null,
  io_merged_recursive: null,
  io_time_recursive: null,
  sectors_recursive: null,
});

const networkStats = (
  counters: InterfaceCounters,
): [string, NonNullable<ContainerStats['networks']>[string]] => [
  counters.name,
  {
    rx_bytes: counters.rxBytes,
    rx_packets: counters.rxPackets,
    rx_errors: counters.rxErrors,
    rx_dropped: counters.rxDropped,
    tx_bytes: counters.txBytes,
    tx_packets: counters.txPackets,
    tx_errors: counters.txErrors,
    tx_dropped: counters.txDropped,
  },
];
