'use client';
import type { ContainerRow } from '@berth/api/schemas';
import { type Column, Mono, RelativeTime } from '@berth/ui';
import Link from 'next/link';
import { Ports } from './ports.tsx';
import { PhoneRowActions, RowActions } from './row-actions.tsx';
import { StateCell } from './state.tsx';
import { CpuCell, MemoryCell } from './usage-cells.tsx';

const order = ['failed', 'transition', 'ok', 'created', 'stopped'];

export function NameLink({ row }: { row: ContainerRow }) {
  return (
    <Link
      href={`/containers/${row.id}`}
      title={row.name}
      className="clip rounded-sm font-medium text-grey-12 hover:text-accent-text hover:underline"
    >
      {row.name}
    </Link>
  );
}

/** The columns of the container table. */
export const containerColumns: readonly Column<ContainerRow>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 'minmax(170px, 1.7fr)',
    fixed: true,
    sort: (row) => row.name,
    cell: (row) => <NameLink row={row} />,
  },
  {
    id: 'state',
    header: 'State',
    width: '172px',
    sort: (row) => order.indexOf(row.tone),
    cell: (row) => <StateCell row={row} />,
  },
  {
    id: 'image',
    header: 'Image',
    width: 'minmax(110px, 1.3fr)',
    sort: (row) => row.image,
    cell: (row) => (
      <Mono clip className="text-xs text-grey-11">
        {row.image}
      </Mono>
    ),
  },
  {
    id: 'project',
    header: 'Stack',
    width: 'minmax(72px, 0.7fr)',
    from: 1180,
    sort: (row) => row.project,
    cell: (row) => (
      <span className="clip text-grey-11">{row.project ?? <span className="text-grey-10">—</span>}</span>
    ),
  },
  {
    id: 'ports',
    header: 'Ports',
    width: 'minmax(112px, 0.7fr)',
    sort: (row) => row.ports.find((port) => port.hostPort !== null)?.hostPort ?? null,
    cell: (row) => <Ports ports={row.ports} />,
  },
  {
    id: 'cpu',
    header: 'CPU',
    width: '128px',
    from: 900,
    align: 'end',
    cell: (row) => <CpuCell id={row.id} />,
  },
  {
    id: 'memory',
    header: 'Memory',
    width: '168px',
    from: 900,
    align: 'end',
    cell: (row) => <MemoryCell id={row.id} />,
  },
  {
    id: 'networks',
    header: 'Networks',
    width: 'minmax(100px, 0.8fr)',
    hiddenByDefault: true,
    sort: (row) => row.networks[0]?.name ?? null,
    cell: (row) => (
      <span className="clip text-grey-11">{row.networks.map((each) => each.name).join(', ') || '—'}</span>
    ),
  },
  {
    id: 'address',
    header: 'Address',
    width: '116px',
    hiddenByDefault: true,
    sort: (row) => row.networks.find((each) => each.ip)?.ip ?? null,
    cell: (row) => (
      <Mono clip className="text-xs">
        {row.networks.find((each) => each.ip)?.ip ?? '—'}
      </Mono>
    ),
  },
  {
    id: 'command',
    header: 'Command',
    width: 'minmax(120px, 1fr)',
    hiddenByDefault: true,
    sort: (row) => row.command,
    cell: (row) => (
      <Mono clip className="text-xs text-grey-11">
        {row.command}
      </Mono>
    ),
  },
  {
    id: 'created',
    header: 'Created',
    width: '92px',
    hiddenByDefault: true,
    align: 'end',
    sort: (row) => row.createdAtMs,
    cell: (row) => <RelativeTime at={row.createdAtMs} className="text-grey-11" />,
  },
  {
    id: 'actions',
    header: 'Actions',
    headerHidden: true,
    width: '128px',
    fixed: true,
    align: 'end',
    cell: (row) => <RowActions row={row} />,
  },
];

/** The two lines of a container on a phone. */
export function phoneContainer(row: ContainerRow) {
  return {
    first: <NameLink row={row} />,
    second: (
      <>
        <StateCell row={row} />
        <Mono clip className="flex-1">
          {row.image}
        </Mono>
      </>
    ),
    end: <PhoneRowActions row={row} />,
  };
}
