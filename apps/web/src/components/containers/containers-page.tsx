'use client';
import type { ContainerRow } from '@berth/api/schemas';
import { Button, DataTable, EmptyState, SearchInput, StateIcon } from '@berth/ui';
import { Box, Plus, SearchX } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useDeferredValue, useMemo } from 'react';
import { useContainers } from '../../lib/live.tsx';
import { isProblem } from '../../lib/problems.ts';
import { StatsContext, useVisibleStats } from '../../lib/stats.ts';
import { useUrlParam } from '../../lib/url.ts';
import { FilterChips } from '../filter-chips.tsx';
import { PageHeader } from '../page.tsx';
import { ContainerActionsProvider } from './actions.tsx';
import { containerColumns, phoneContainer } from './columns.tsx';
import { BulkActions } from './row-actions.tsx';

const filters: Record<string, (row: ContainerRow) => boolean> = {
  running: (row) => row.state === 'running',
  problem: isProblem,
  stopped: (row) => row.state === 'exited' || row.state === 'dead',
  created: (row) => row.state === 'created',
  paused: (row) => row.state === 'paused',
};

const matches = (row: ContainerRow, words: string[]): boolean => {
  const text =
    `${row.name} ${row.image} ${row.project ?? ''} ${row.id} ${row.state} ${row.health} ${row.ports.map((port) => port.hostPort).join(' ')}`.toLowerCase();
  return words.every((word) => text.includes(word));
};

/** Every container of the engine, alive. */
export function ContainersPage() {
  const router = useRouter();
  const { status, rows } = useContainers();
  const [search, setSearch] = useUrlParam('q');
  const [state, setState] = useUrlParam('state');
  const query = useDeferredValue(search);
  const [stats, watch] = useVisibleStats();
  const shown = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const filter = filters[state];
    return rows.filter((row) => (filter?.(row) ?? true) && matches(row, words));
  }, [rows, query, state]);
  const loading = status === 'connecting';
  const watchRunning = useMemo(() => {
    const running = new Set(rows.filter((row) => row.state === 'running').map((row) => row.id));
    return (ids: string[]) => watch(ids.filter((id) => running.has(id)));
  }, [rows, watch]);

  return (
    <ContainerActionsProvider>
      <PageHeader title="Containers">
        <SearchInput
          value={search}
          onChange={setSearch}
          label="Search containers"
          className="min-w-0 flex-1 sm:w-64 sm:flex-none"
        />
        <Button asChild kind="primary">
          <Link href="/containers/new">
            <Plus aria-hidden size={14} />
            <span>
              Create<span className="hidden sm:inline"> container</span>
            </span>
          </Link>
        </Button>
      </PageHeader>
      <StatsContext value={stats}>
        <DataTable
          id="containers"
          label="Containers"
          rows={shown}
          columns={containerColumns}
          rowId={(row) => row.id}
          rowName={(row) => row.name}
          initialSort={{ id: 'name', desc: false }}
          onOpen={(row) => router.push(`/containers/${row.id}`)}
          onVisible={watchRunning}
          loading={loading}
          stale={status === 'offline'}
          toolbar={<StateChips rows={rows} loading={loading} value={state} onChange={setState} />}
          bulk={(context) => <BulkActions {...context} />}
          phoneRow={phoneContainer}
          empty={
            rows.length === 0 ? (
              <NoContainers />
            ) : (
              <NoMatch
                onClear={() => {
                  setSearch('');
                  setState('');
                }}
              />
            )
          }
        />
      </StatsContext>
    </ContainerActionsProvider>
  );
}

function StateChips({
  rows,
  loading,
  value,
  onChange,
}: {
  rows: readonly ContainerRow[];
  loading: boolean;
  value: string;
  onChange(value: string): void;
}) {
  const amount = (name: string): number => rows.filter(filters[name] ?? (() => true)).length;
  const chips = [
    { value: '', label: 'All', count: rows.length },
    {
      value: 'running',
      label: 'Running',
      count: amount('running'),
      icon: <StateIcon facts={{ state: 'running' }} />,
    },
    {
      value: 'problem',
      label: 'Need a look',
      count: amount('problem'),
      icon: <StateIcon facts={{ state: 'running', health: 'unhealthy' }} />,
    },
    {
      value: 'stopped',
      label: 'Stopped',
      count: amount('stopped'),
      icon: <StateIcon facts={{ state: 'exited' }} />,
    },
    {
      value: 'created',
      label: 'Created',
      count: amount('created'),
      icon: <StateIcon facts={{ state: 'created' }} />,
    },
    {
      value: 'paused',
      label: 'Paused',
      count: amount('paused'),
      icon: <StateIcon facts={{ state: 'paused' }} />,
    },
  ];
  return (
    <FilterChips
      label="State"
      value={value}
      onChange={onChange}
      chips={chips
        .filter(
          (chip) =>
            chip.value === '' ||
            chip.value === 'running' ||
            chip.value === 'stopped' ||
            chip.count > 0 ||
            chip.value === value,
        )
        .map((chip) => (loading ? { ...chip, count: undefined } : chip))}
    />
  );
}

function NoContainers() {
  return (
    <EmptyState
      icon={Box}
      title="No containers yet"
      command="docker run --rm -it busybox sh"
      action={
        <Button asChild kind="primary">
          <Link href="/containers/new">
            <Plus aria-hidden size={14} />
            Create container
          </Link>
        </Button>
      }
    >
      Pick an image, give it a command and a port, and it shows up here as it starts. So does everything the
      docker command makes.
    </EmptyState>
  );
}

function NoMatch({ onClear }: { onClear(): void }) {
  return (
    <EmptyState
      icon={SearchX}
      title="No container matches"
      action={<Button onClick={onClear}>Show all containers</Button>}
    />
  );
}
