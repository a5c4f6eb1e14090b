/** Numbers about the host that the kernel keeps in /proc. */
import { readFile, statfs } from 'node:fs/promises';

/** Kernel ticks per second in /proc (USER_HZ, 100 on every architecture Linux has). */
export const clockTicksPerSecond = 100;
const nanosecondsPerTick = 1e9 / clockTicksPerSecond;

export interface HostCpu {
  /** Nanoseconds of all cpus since boot, idle time included. */
  totalNs: number;
  idleNs: number;
  onlineCpus: number;
}

export async function readHostCpu(): Promise<HostCpu> {
  const text = await readFile('/proc/stat', 'utf8');
  const [, ...fields] = text.slice(0, text.indexOf('\n')).trim().split(/\s+/);
  // user nice system idle iowait irq softirq; what follows is counted in user already or stolen.
  const ticks = fields.slice(0, 7).map(Number);
  const total = ticks.reduce((sum, value) => sum + value, 0);
  return {
    totalNs: total * nanosecondsPerTick,
    idleNs: ((ticks[3] ?? 0) + (ticks[4] ?? 0)) * nanosecondsPerTick,
    onlineCpus: text.match(/^cpu\d+ /gm)?.length ?? 1,
  };
}

export async function readMemory(): Promise<{ totalBytes: number; availableBytes: number }> {
  const text = await readFile('/proc/meminfo', 'utf8');
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return { totalBytes: bytes('MemTotal'), availableBytes: bytes('MemAvailable') };
}

export async function readDisk(path: string): Promise<{ totalBytes: number; freeBytes: number }> {
  const { blocks, bavail, bsize } = await statfs(path);
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}
