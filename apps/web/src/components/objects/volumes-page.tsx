'use client';
import type { VolumeRow } from '@berth/api/schemas';
import { Badge, Button, Bytes, type Column, EmptyState, IconButton, Mono, RelativeTime } from '@berth/ui';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { HardDrive, Plus, Scissors, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useEnvironment } from '../../lib/environment.tsx';
import { useTRPC, useTRPCClient } from '../../lib/trpc.tsx';
import { useRefreshOn } from '../../lib/use-refresh.ts';
import { CreateVolumeDialog } from './create-volume-dialog.tsx';
import { ListPage } from './list-page.tsx';
import { PruneDialog } from './prune-dialog.tsx';
import { useRemoval } from './use-removal.tsx';
import { UsedBy } from './used-by.tsx';

function VolumeName({ volume }: { volume: VolumeRow }) {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Mono clip copy className="text-xs text-grey-12">
        {volume.name}
      </Mono>
      {volume.anonymous && <Badge>anonymous</Badge>}
    </span>
  );
}

/** Volumes: size, where they are, who uses them. */
export function VolumesPage() {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const queries = useQueryClient();
  const environment = useEnvironment();
  const volumes = useQuery(trpc.volumes.list.queryOptions({ environment }));
  const listKey = trpc.volumes.list.queryKey();
  useRefreshOn(['volume', 'container'], listKey);
  const [creating, setCreating] = useState(false);
  const [pruning, setPruning] = useState(false);
  const [all, setAll] = useState(false);
  const plan = useQuery(
    trpc.volumes.prunePlan.queryOptions({ environment, all }, { enabled: pruning, staleTime: 0 }),
  );
  const refresh = () => void queries.invalidateQueries({ queryKey: listKey });
  const [askRemove, removal] = useRemoval<VolumeRow>({
    noun: 'volume',
    nameOf: (row) => row.name,
    typed: true,
    effect: () =>
      'Deletes everything in it. There is no way back. The engine refuses while a container uses it.',
    remove: (rows) => api.volumes.remove.mutate({ environment, ids: rows.map((row) => row.name) }),
    onRemoved: refresh,
  });
  const columns: Column<VolumeRow>[] = [
    {
      id: 'name',
      header: 'Name',
      width: 'minmax(180px, 3fr)',
      fixed: true,
      sort: (row) => row.name,
      cell: (row) => <VolumeName volume={row} />,
    },
    {
      id: 'used',
      header: 'Used by',
      width: 'minmax(120px, 1.2fr)',
      sort: (row) => row.usedBy.length,
      cell: (row) => <UsedBy users={row.usedBy} />,
    },
    {
      id: 'driver',
      header: 'Driver',
      width: '88px',
      from: 800,
      sort: (row) => row.driver,
      cell: (row) => <span className="clip text-grey-11">{row.driver}</span>,
    },
    {
      id: 'path',
      header: 'Path on the host',
      width: 'minmax(140px, 1.6fr)',
      from: 1000,
      cell: (row) => (
        <Mono clip copy className="text-xs text-grey-11">
          {row.mountpoint}
        </Mono>
      ),
    },
    {
      id: 'created',
      header: 'Created',
      width: '100px',
      align: 'end',
      sort: (row) => row.createdAtMs,
      cell: (row) => <RelativeTime at={row.createdAtMs} className="text-grey-11" />,
    },
    {
      id: 'size',
      header: 'Size',
      width: '96px',
      align: 'end',
      sort: (row) => row.sizeBytes,
      cell: (row) => <Bytes value={row.sizeBytes} />,
    },
    {
      id: 'actions',
      header: 'Actions',
      headerHidden: true,
      width: '52px',
      fixed: true,
      align: 'end',
      cell: (row) => (
        <IconButton
          size="sm"
          icon={Trash2}
          label={`Remove ${row.name}`}
          quiet
          onClick={() => askRemove([row])}
        />
      ),
    },
  ];
  return (
    <>
      <ListPage
        title="Volumes"
        nouns="volumes"
        query={volumes}
        columns={columns}
        rowId={(row) => row.name}
        rowName={(row) => row.name}
        text={(row) => `${row.name} ${row.driver} ${row.usedBy.map((user) => user.name).join(' ')}`}
        filters={[
          { value: 'used', label: 'Used', keep: (row) => row.usedBy.length > 0 },
          { value: 'unused', label: 'Not used', keep: (row) => row.usedBy.length === 0 },
          { value: 'anonymous', label: 'Anonymous', keep: (row) => row.anonymous },
        ]}
        initialSort={{ id: 'name', desc: false }}
        bulk={({ rows, clear }) => (
          <Button size="sm" kind="danger-quiet" icon={Trash2} onClick={() => askRemove(rows, clear)}>
            Remove {rows.length}
          </Button>
        )}
        actions={
          <>
            <Button
              icon={Scissors}
              onClick={() => setPruning(true)}
              aria-label="Prune volumes"
              className="px-2 sm:px-3"
            >
              <span className="hidden sm:inline">Prune</span>
            </Button>
            <Button kind="primary" icon={Plus} onClick={() => setCreating(true)}>
              <span>
                Create<span className="hidden sm:inline"> volume</span>
              </span>
            </Button>
          </>
        }
        phoneRow={(row) => ({
          first: <VolumeName volume={row} />,
          second: (
            <>
              <Bytes value={row.sizeBytes} />
              <UsedBy users={row.usedBy} />
            </>
          ),
          end: (
            <IconButton
              size="sm"
              icon={Trash2}
              label={`Remove ${row.name}`}
              onClick={() => askRemove([row])}
            />
          ),
        })}
        empty={
          <EmptyState
            icon={HardDrive}
            title="No volumes yet"
            command="docker volume create data"
            action={
              <Button kind="primary" icon={Plus} onClick={() => setCreating(true)}>
                Create volume
              </Button>
            }
          >
            A volume keeps files when its container is removed. Containers also make them when they start.
          </EmptyState>
        }
      />
      <CreateVolumeDialog open={creating} onOpenChange={setCreating} onCreated={refresh} />
      <PruneDialog
        open={pruning}
        onOpenChange={setPruning}
        noun="volume"
        plan={plan.data}
        error={plan.error}
        allLabel="Volumes with a name that no container uses, too"
        all={all}
        onAll={setAll}
        effect="Deletes the volumes below and everything in them. There is no way back."
        prune={async (ids) => {
          const answer = await api.volumes.prune.mutate({ environment, ids });
          refresh();
          return answer;
        }}
      />
      {removal}
    </>
  );
}
