'use client';
import { formatBytesShort, formatPercent, Sparkline } from '@berth/ui';
import { useHostMemory } from '../../lib/host-memory.ts';
import { useStatsOf } from '../../lib/stats.ts';

const heat = (share: number): 'calm' | 'warn' | 'bad' =>
  share >= 0.95 ? 'bad' : share >= 0.8 ? 'warn' : 'calm';

/** CPU of the last half minute, against its limit or the whole host. */
export function CpuCell({ id }: { id: string }) {
  const stats = useStatsOf(id);
  if (!stats) return null;
  const { cpuPercent, cpuCores } = stats.last;
  const share = (cpuPercent ?? 0) / 100;
  const whole = cpuCores !== null && share > 0.001 ? cpuCores / share : 1;
  // A quarter of what it may use fills the height, so that a few percent can be seen; more fills it too.
  const top = Math.max(whole / 4, ...stats.cpuCores.map((value) => value ?? 0));
  return (
    <span
      className="flex items-center gap-2"
      title={cpuCores === null ? undefined : `${cpuCores.toFixed(2)} cores`}
    >
      <Sparkline values={stats.cpuCores} max={top} tone={heat(share)} width={52} />
      <span className="w-11 text-right">{formatPercent(cpuPercent === null ? null : share)}</span>
    </span>
  );
}

/** Memory of the last half minute; with a limit the top of the line is the limit. */
export function MemoryCell({ id }: { id: string }) {
  const stats = useStatsOf(id);
  const hostMemory = useHostMemory();
  if (!stats) return null;
  const { memoryBytes } = stats.last;
  // Engines say the host's whole memory where there is no limit.
  const said = stats.last.memoryLimitBytes;
  const memoryLimitBytes = said !== null && hostMemory !== null && said >= hostMemory ? null : said;
  const share = memoryLimitBytes ? memoryBytes / memoryLimitBytes : 0;
  const top = memoryLimitBytes ?? Math.max(...stats.memoryBytes.map((value) => value ?? 0)) * 1.4;
  return (
    <span className="flex items-center gap-2">
      <Sparkline values={stats.memoryBytes} max={top || 1} tone={heat(share)} width={52} />
      <span className="w-22 text-right">
        {formatBytesShort(memoryBytes)}
        {memoryLimitBytes && <span className="text-grey-10"> / {formatBytesShort(memoryLimitBytes)}</span>}
      </span>
    </span>
  );
}
