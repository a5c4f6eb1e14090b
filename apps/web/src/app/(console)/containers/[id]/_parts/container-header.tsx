'use client';
import {
  Button,
  formatBytesShort,
  formatPercent,
  Id,
  Mono,
  RelativeTime,
  Sparkline,
  StateBadge,
} from '@berth/ui';
import { LoaderCircle, Play, RotateCw, Square } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import type { ReactNode } from 'react';
import { doing } from '../../../../../components/containers/action-words.ts';
import { useContainerActions, usePendingAction } from '../../../../../components/containers/actions.tsx';
import { Ports } from '../../../../../components/containers/ports.tsx';
import { applies, ContainerMenu } from '../../../../../components/containers/row-actions.tsx';
import { factsOf } from '../../../../../components/containers/state.tsx';
import { useContainer } from './container-context.tsx';

/** Name and state with the actions, then what it is made of and how busy it is. */
export function ContainerHeader() {
  const { detail } = useContainer();
  return (
    <header className="flex shrink-0 flex-col gap-1.5 px-4 pt-3 pb-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="min-w-0 text-xl font-semibold break-all">{detail.name}</h1>
        <State />
        <Actions />
      </div>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-grey-10">
        <Mono clip copy className="max-w-80 text-grey-12">
          {detail.image}
        </Mono>
        <Id id={detail.id} />
        {detail.ports.length > 0 && <Ports ports={detail.ports} limit={3} />}
        <Networks />
        <Usage />
      </div>
    </header>
  );
}

function State() {
  const { detail } = useContainer();
  const pending = usePendingAction(detail.id);
  if (pending) {
    return (
      <span className="inline-flex items-center gap-1.5 text-sm text-warn-text" role="status">
        <LoaderCircle aria-hidden size={13} className="animate-spin" />
        {doing[pending]}
      </span>
    );
  }
  const since =
    detail.state === 'running' || detail.state === 'paused' ? detail.startedAtMs : detail.finishedAtMs;
  return (
    <span
      className="inline-flex flex-wrap items-center gap-x-2 text-sm text-grey-10"
      data-testid="container-state"
    >
      <StateBadge facts={factsOf(detail)} />
      {since !== null && detail.state === 'running' && (
        <Fact>
          up <RelativeTime at={since} span />
        </Fact>
      )}
      {since !== null && (detail.state === 'exited' || detail.state === 'dead') && (
        <Fact>
          <RelativeTime at={since} />
        </Fact>
      )}
      {detail.restartCount > 0 && <Fact>restarts {detail.restartCount}</Fact>}
    </span>
  );
}

const Fact = ({ children }: { children: ReactNode }) => (
  <span className="whitespace-nowrap">
    <span aria-hidden className="mr-2">
      ·
    </span>
    {children}
  </span>
);

function Actions() {
  const { detail } = useContainer();
  const router = useRouter();
  const { act } = useContainerActions();
  const busy = usePendingAction(detail.id) !== undefined;
  const stops = applies('stop', detail);
  return (
    <span className="flex items-center gap-2 sm:ml-auto">
      {detail.state === 'paused' ? (
        <Button size="sm" icon={Play} disabled={busy} onClick={() => act('unpause', [detail])}>
          Resume
        </Button>
      ) : (
        <Button
          size="sm"
          icon={stops ? Square : Play}
          disabled={busy || (!stops && !applies('start', detail))}
          onClick={() => act(stops ? 'stop' : 'start', [detail])}
        >
          {stops ? 'Stop' : 'Start'}
        </Button>
      )}
      <Button size="sm" icon={RotateCw} disabled={busy} onClick={() => act('restart', [detail])}>
        Restart
      </Button>
      <ContainerMenu row={detail} onRemoved={() => router.push('/containers')} />
    </span>
  );
}

function Networks() {
  const { detail } = useContainer();
  const known = detail.endpoints.filter(({ ip }) => ip !== null);
  if (known.length === 0) return null;
  return (
    <span className="inline-flex flex-wrap gap-x-2">
      {known.map(({ network, ip }) => (
        <span key={network} className="whitespace-nowrap">
          <Link href="/networks" className="hover:text-grey-12 hover:underline">
            {network}
          </Link>{' '}
          <span className="font-mono text-xs">{ip}</span>
        </span>
      ))}
    </span>
  );
}

const shown = 30;

function Usage() {
  const { detail, stats } = useContainer();
  const { last } = stats;
  if (!last) return null;
  const recent = stats.samples.slice(-shown);
  const { cpuPercent, memoryBytes } = last;
  const limit = detail.limits.memoryBytes;
  return (
    <span className="inline-flex flex-wrap items-center gap-x-4 sm:ml-auto">
      <span className="inline-flex items-center gap-1.5">
        CPU
        <Sparkline values={recent.map((sample) => sample?.cpuPercent ?? null)} max={100} width={52} />
        <span className="w-11 text-right text-grey-12">
          {formatPercent(cpuPercent === null ? null : cpuPercent / 100)}
        </span>
      </span>
      <span className="whitespace-nowrap">
        mem <span className="text-grey-12">{formatBytesShort(memoryBytes)}</span>
        {limit !== null && ` / ${formatBytesShort(limit)}`}
      </span>
    </span>
  );
}
