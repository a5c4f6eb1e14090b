'use client';
import { formatBytes, formatPercent, formatSpan, Progress, Skeleton, Sparkline } from '@berth/ui';
import { useHost } from '../../lib/live.tsx';
import { Section } from './dashboard-page.tsx';

const tone = (share: number): 'calm' | 'warn' | 'bad' =>
  share >= 0.95 ? 'bad' : share >= 0.85 ? 'warn' : 'calm';

/** CPU, memory and disk of the host in the last minute. */
export function HostPanel() {
  const { samples, unsupported } = useHost();
  const last = samples.at(-1);
  if (unsupported) {
    return (
      <Section title="Host">
        <p className="border-t border-grey-5 py-4 text-sm text-grey-10">
          This engine does not tell how busy its host is. Berth’s own engine does.
        </p>
      </Section>
    );
  }
  const cpu = samples.map((sample) => sample.cpuUsage);
  const memory = samples.map((sample) => 1 - sample.memoryAvailableBytes / sample.memoryTotalBytes);
  const memoryUsed = last ? last.memoryTotalBytes - last.memoryAvailableBytes : 0;
  const diskUsed = last ? last.diskTotalBytes - last.diskFreeBytes : 0;
  const disk = last ? diskUsed / last.diskTotalBytes : 0;
  return (
    <Section title="Host">
      <div className="divide-y divide-grey-5 border-y border-grey-5">
        <Meter
          label="CPU"
          value={last && formatPercent(last.cpuUsage)}
          detail={
            last && `load ${last.loadAverage.map((each) => each.toFixed(2)).join('  ')}, ${last.cpus} cores`
          }
        >
          <Sparkline
            values={cpu}
            max={1}
            slots={60}
            width={400}
            height={40}
            tone={tone(last?.cpuUsage ?? 0)}
            className="w-full"
            label="CPU of the last minute"
          />
        </Meter>
        <Meter
          label="Memory"
          value={last && formatPercent(memoryUsed / last.memoryTotalBytes)}
          detail={last && `${formatBytes(memoryUsed)} of ${formatBytes(last.memoryTotalBytes)}`}
        >
          <Sparkline
            values={memory}
            max={1}
            slots={60}
            width={400}
            height={40}
            tone={tone(memory.at(-1) ?? 0)}
            className="w-full"
            label="Memory of the last minute"
          />
        </Meter>
        <Meter
          label="Disk"
          value={last && formatPercent(disk)}
          detail={last && `${formatBytes(last.diskFreeBytes)} free of ${formatBytes(last.diskTotalBytes)}`}
        >
          <Progress
            label="Disk with the engine’s data"
            value={disk}
            tone={disk >= 0.9 ? 'bad' : disk >= 0.8 ? 'warn' : 'idle'}
            className="h-1.5"
          />
        </Meter>
      </div>
      <p className="mt-2 min-h-4 text-xs text-grey-10">{last && `up ${formatSpan(last.uptimeS)}`}</p>
    </Section>
  );
}

function Meter({
  label,
  value,
  detail,
  children,
}: {
  label: string;
  value: string | undefined;
  detail: string | undefined;
  children: React.ReactNode;
}) {
  return (
    <div className="grid min-h-16 grid-cols-[88px_1fr] items-center gap-x-4 py-2 sm:grid-cols-[88px_1fr_200px]">
      <div>
        <div className="text-sm text-grey-11">{label}</div>
        <div className="text-lg font-semibold">{value ?? <Skeleton className="my-1 h-4 w-12" />}</div>
      </div>
      <div className="min-w-0">{value !== undefined && children}</div>
      <div className="clip col-start-2 text-xs text-grey-10 sm:col-start-3 sm:text-right">{detail}</div>
    </div>
  );
}
