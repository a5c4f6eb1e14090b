/** CPU, memory and disk of the host; measured only when asked. */
import { cpus, loadavg, uptime } from 'node:os';
import type { HostUsage } from '@berth/engine-api';
import { type HostCpu, readDisk, readHostCpu, readMemory } from './proc.ts';

export class HostMeter {
  readonly #dataRoot: string;
  #previous: HostCpu | undefined;

  constructor(dataRoot: string) {
    this.#dataRoot = dataRoot;
  }

  async read(): Promise<HostUsage> {
    const [cpu, memory, disk] = await Promise.all([readHostCpu(), readMemory(), readDisk(this.#dataRoot)]);
    const [one = 0, five = 0, fifteen = 0] = loadavg();
    const usage = busyShare(this.#previous, cpu);
    this.#previous = cpu;
    return {
      cpus: cpus().length,
      cpuUsage: usage,
      loadAverage: [one, five, fifteen],
      memoryTotalBytes: memory.totalBytes,
      memoryAvailableBytes: memory.availableBytes,
      diskTotalBytes: disk.totalBytes,
      diskFreeBytes: disk.freeBytes,
      uptimeS: Math.floor(uptime()),
    };
  }
}

/** Since the sample before; since boot for the first one. */
export function busyShare(previous: HostCpu | undefined, now: HostCpu): number {
  const total = now.totalNs - (previous?.totalNs ?? 0);
  const idle = now.idleNs - (previous?.idleNs ?? 0);
  return total > 0 ? Math.min(1, Math.max(0, (total - idle) / total)) : 0;
}
