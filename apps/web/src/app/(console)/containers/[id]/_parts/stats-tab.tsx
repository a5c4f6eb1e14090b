'use client';
import type { StatsSample } from '@berth/api/schemas';
import { Chart, formatBytes, formatRate, Select, usePreference } from '@berth/ui';
import { useMemo } from 'react';
import { PageScroll } from '../../../../../components/page.tsx';
import { useContainer } from './container-context.tsx';

const windows = [
  { value: '60', label: 'Last minute' },
  { value: '300', label: 'Last 5 minutes' },
  { value: '600', label: 'Last 10 minutes' },
] as const;
type Window = (typeof windows)[number]['value'];

const parseWindow = (stored: unknown): Window =>
  windows.find(({ value }) => value === stored)?.value ?? '300';
const cores = (value: number): string => `${Number(value.toFixed(value < 0.1 ? 3 : 2))}`;
const whole = (value: number): string => String(Math.round(value));

/** Small charts of one second each, with one cursor in time. */
export function StatsTab() {
  const { detail, stats } = useContainer();
  const [window, setWindow] = usePreference('stats.window', parseWindow);
  const { times, samples } = stats;
  const read = useMemo(
    () => (pick: (sample: StatsSample) => number | null) =>
      samples.map((sample) => (sample ? pick(sample) : null)),
    [samples],
  );
  const { limits } = detail;
  const shared = { times, syncKey: `container-${detail.id}`, windowSeconds: Number(window), height: 132 };
  if (times.length === 0) {
    return (
      <p className="px-4 py-6 text-sm text-grey-10" role="status">
        {detail.state === 'running'
          ? 'Waiting for the first numbers…'
          : 'It does not run, so there is nothing to measure.'}
      </p>
    );
  }
  return (
    <PageScroll className="pt-3">
      <div className="mb-2 flex items-center justify-between gap-3">
        <p className="text-xs text-grey-10">
          Once a second, while this page is open. Gaps are times without an answer.
        </p>
        <Select label="Time shown" value={window} onChange={setWindow} options={windows} className="w-40" />
      </div>
      <div className="grid gap-x-8 gap-y-5 lg:grid-cols-2">
        <Chart
          {...shared}
          title="CPU, cores"
          format={cores}
          series={[{ label: 'CPU', values: read(({ cpuCores }) => cpuCores), fill: true }]}
          limit={limits.cpus === null ? null : { value: limits.cpus, label: `limit ${cores(limits.cpus)}` }}
          minTop={0.05}
        />
        <Chart
          {...shared}
          title="Memory"
          format={formatBytes}
          binary
          series={[
            { label: 'Memory', values: read(({ memoryBytes }) => memoryBytes), fill: true, colour: 'data-2' },
          ]}
          limit={
            limits.memoryBytes === null
              ? null
              : { value: limits.memoryBytes, label: `limit ${formatBytes(limits.memoryBytes)}` }
          }
        />
        <Chart
          {...shared}
          title="Network"
          format={formatRate}
          binary
          minTop={1024}
          series={[
            { label: 'in', values: read(({ networkReceiveBytesPerS }) => networkReceiveBytesPerS) },
            { label: 'out', values: read(({ networkSendBytesPerS }) => networkSendBytesPerS) },
          ]}
        />
        <Chart
          {...shared}
          title="Block I/O"
          format={formatRate}
          binary
          minTop={1024}
          series={[
            { label: 'read', values: read(({ blockReadBytesPerS }) => blockReadBytesPerS) },
            { label: 'written', values: read(({ blockWriteBytesPerS }) => blockWriteBytesPerS) },
          ]}
        />
        <Chart
          {...shared}
          title="Processes"
          format={whole}
          minTop={4}
          series={[{ label: 'Processes', values: read(({ pids }) => pids), colour: 'data-3' }]}
          limit={limits.pids === null ? null : { value: limits.pids, label: `limit ${limits.pids}` }}
        />
      </div>
    </PageScroll>
  );
}
