'use client';
import type { NetworkRow } from '@berth/api/schemas';
import { Badge, type Column, EmptyState, Id, Mono } from '@berth/ui';
import { useQuery } from '@tanstack/react-query';
import { Network } from 'lucide-react';
import { useEnvironment } from '../../lib/environment.tsx';
import { useTRPC } from '../../lib/trpc.tsx';
import { useRefreshOn } from '../../lib/use-refresh.ts';
import { ListPage } from './list-page.tsx';
import { UsedBy } from './used-by.tsx';

function NetworkName({ network }: { network: NetworkRow }) {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <span title={network.name} className="clip font-medium">
        {network.name}
      </span>
      {network.builtIn && <Badge>built in</Badge>}
      {network.internal && <Badge>internal</Badge>}
    </span>
  );
}

const subnetsOf = (network: NetworkRow): string => network.subnets.map((each) => each.subnet).join(', ');

/** Networks: address ranges and who is on them. */
export function NetworksPage() {
  const trpc = useTRPC();
  const environment = useEnvironment();
  const networks = useQuery(trpc.networks.list.queryOptions({ environment }));
  const listKey = trpc.networks.list.queryKey();
  useRefreshOn(['network', 'container'], listKey);
  const columns: Column<NetworkRow>[] = [
    {
      id: 'name',
      header: 'Name',
      width: 'minmax(140px, 1.4fr)',
      fixed: true,
      sort: (row) => row.name,
      cell: (row) => <NetworkName network={row} />,
    },
    {
      id: 'driver',
      header: 'Driver',
      width: '96px',
      sort: (row) => row.driver,
      cell: (row) => <span className="text-grey-11">{row.driver}</span>,
    },
    {
      id: 'subnet',
      header: 'Subnet',
      width: 'minmax(120px, 1fr)',
      sort: subnetsOf,
      cell: (row) =>
        row.subnets.length > 0 ? (
          <Mono clip copy className="text-xs">
            {subnetsOf(row)}
          </Mono>
        ) : (
          <span className="text-grey-10">—</span>
        ),
    },
    {
      id: 'gateway',
      header: 'Gateway',
      width: '124px',
      from: 860,
      cell: (row) => (
        <span className="clip font-mono text-xs text-grey-11">{row.subnets[0]?.gateway ?? '—'}</span>
      ),
    },
    {
      id: 'used',
      header: 'Containers',
      width: 'minmax(120px, 1.2fr)',
      sort: (row) => row.usedBy.length,
      cell: (row) => <UsedBy users={row.usedBy} />,
    },
    {
      id: 'id',
      header: 'Id',
      width: '148px',
      from: 1000,
      cell: (row) => <Id id={row.id} className="text-xs" />,
    },
  ];
  return (
    <ListPage
      title="Networks"
      nouns="networks"
      query={networks}
      columns={columns}
      rowId={(row) => row.id}
      rowName={(row) => row.name}
      text={(row) =>
        `${row.name} ${row.driver} ${subnetsOf(row)} ${row.usedBy.map((user) => user.name).join(' ')}`
      }
      filters={[
        { value: 'used', label: 'With containers', keep: (row) => row.usedBy.length > 0 },
        { value: 'own', label: 'Own', keep: (row) => !row.builtIn },
      ]}
      initialSort={{ id: 'name', desc: false }}
      phoneRow={(row) => ({
        first: <NetworkName network={row} />,
        second: (
          <>
            <span>{row.driver}</span>
            <span className="clip font-mono">{subnetsOf(row)}</span>
          </>
        ),
      })}
      empty={
        <EmptyState icon={Network} title="No networks" command="docker network create shop">
          Containers on one network reach each other by name.
        </EmptyState>
      }
    />
  );
}
