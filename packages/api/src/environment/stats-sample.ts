/** From two readings of the counters to numbers people read. */
import type { BlkioEntry, ContainerStats } from '@berth/engine-api';
import type { StatsSample } from '../schemas/live.ts';

/** `previous` is the reading before, or `undefined` for the first. `null`: the container is not running. */
export function toSample(
  id: string,
  stats: ContainerStats,
  previous: ContainerStats | undefined,
  cpuLimit: number | null,
): StatsSample | null {
  const usage = stats.memory_stats.usage;
  if (usage === undefined) return null;
  const timeMs = Date.parse(stats.read) || Date.now();
  const elapsedS = previous ? (timeMs - Date.parse(previous.read)) / 1000 : 0;
  const rate = (read: (from: ContainerStats) => number | null): number | null => {
    const now = read(stats);
    const before = previous ? read(previous) : null;
    // A counter that went back belongs to a restarted container.
    return now === null || before === null || elapsedS <= 0 || now < before
      ? null
      : (now - before) / elapsedS;
  };
  const cpuNs = rate((from) => from.cpu_stats.cpu_usage.total_usage);
  const cpuCores = cpuNs === null ? null : cpuNs / 1e9;
  const hostCpus = stats.cpu_stats.online_cpus || stats.cpu_stats.cpu_usage.percpu_usage?.length || 1;
  return {
    id,
    timeMs,
    cpuCores,
    cpuPercent: cpuCores === null ? null : (cpuCores / (cpuLimit ?? hostCpus)) * 100,
    memoryBytes: Math.max(0, usage - droppableCache(stats)),
    memoryLimitBytes: stats.memory_stats.limit ?? null,
    networkReceiveBytesPerS: rate((from) => networkBytes(from, 'rx_bytes')),
    networkSendBytesPerS: rate((from) => networkBytes(from, 'tx_bytes')),
    blockReadBytesPerS: rate((from) => blockBytes(from, 'read')),
    blockWriteBytesPerS: rate((from) => blockBytes(from, 'write')),
    pids: stats.pids_stats.current ?? 0,
    pidsLimit: finiteLimit(stats.pids_stats.limit),
  };
}

/** What `docker stats` takes off: inactive page cache, named differently by cgroup v1 and v2. */
function droppableCache({ memory_stats: { stats = {}, usage = 0 } }: ContainerStats): number {
  const cache = stats.total_inactive_file ?? stats.inactive_file ?? 0;
  return cache < usage ? cache : 0;
}

function networkBytes({ networks }: ContainerStats, field: 'rx_bytes' | 'tx_bytes'): number | null {
  return networks ? Object.values(networks).reduce((sum, each) => sum + each[field], 0) : null;
}

function blockBytes({ blkio_stats }: ContainerStats, operation: string): number {
  const entries: BlkioEntry[] = blkio_stats.io_service_bytes_recursive ?? [];
  return entries.reduce((sum, entry) => (entry.op.toLowerCase() === operation ? sum + entry.value : sum), 0);
}

/** The kernel's “max” arrives as 0 or as a number near 2^64. */
const finiteLimit = (limit: number | undefined): number | null =>
  limit === undefined || limit <= 0 || limit > Number.MAX_SAFE_INTEGER ? null : limit;
