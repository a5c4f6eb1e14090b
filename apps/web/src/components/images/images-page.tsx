'use client';
import type { ImageRow } from '@berth/api/schemas';
import {
  Badge,
  Button,
  Bytes,
  Checkbox,
  type Column,
  cx,
  EmptyState,
  formatBytes,
  Id,
  Mono,
  RelativeTime,
} from '@berth/ui';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Download, Layers, Play, Scissors, Trash2, Upload } from 'lucide-react';
import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { useRef, useState } from 'react';
import { useEnvironment } from '../../lib/environment.tsx';
import { useTRPC, useTRPCClient } from '../../lib/trpc.tsx';
import { useRefreshOn } from '../../lib/use-refresh.ts';
import { ListPage } from '../objects/list-page.tsx';
import { useRemoval } from '../objects/use-removal.tsx';
import { UsedBy } from '../objects/used-by.tsx';
import { ImagePrune } from './image-prune.tsx';
import { PullDialog } from './pull-dialog.tsx';
import { DropZone, useUpload } from './upload.tsx';

const nameOf = (image: ImageRow): string => image.tags[0] ?? image.id.replace('sha256:', '').slice(0, 12);

function ImageName({ image }: { image: ImageRow }) {
  const [first, ...rest] = image.tags;
  if (!first) return <span className="clip text-grey-10">no tag</span>;
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Mono clip copy className="text-xs text-grey-12">
        {first}
      </Mono>
      {rest.length > 0 && (
        <span title={rest.join('\n')} className="shrink-0 text-xs text-grey-10">
          +{rest.length}
        </span>
      )}
    </span>
  );
}

/** Images of the engine: who uses them, what they weigh. */
export function ImagesPage() {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const queries = useQueryClient();
  const environment = useEnvironment();
  const images = useQuery(trpc.images.list.queryOptions({ environment }));
  const listKey = trpc.images.list.queryKey();
  useRefreshOn(['image', 'container'], listKey);
  const wanted = useSearchParams().get('pull');
  const [pulling, setPulling] = useState(wanted !== null);
  const [pruning, setPruning] = useState(false);
  const [force, setForce] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const upload = useUpload();
  const [askRemove, removal] = useRemoval<ImageRow>({
    noun: 'image',
    nameOf,
    effect: (rows) =>
      rows.some((row) => row.usedBy.length > 0)
        ? 'Removes its tags and the layers nothing else uses. Some are used by containers: the engine refuses those unless forced.'
        : 'Removes its tags and the layers nothing else uses. Pull or load brings it back.',
    choices: () => (
      <Checkbox
        label="Force"
        hint="Also when a stopped container uses it, or it has several tags."
        checked={force}
        onChange={setForce}
      />
    ),
    remove: (rows) => api.images.remove.mutate({ environment, ids: rows.map((row) => row.id), force }),
    onRemoved: () => void queries.invalidateQueries({ queryKey: listKey }),
  });
  const total = images.data?.reduce((sum, image) => sum + image.sizeBytes, 0);
  const columns: Column<ImageRow>[] = [
    {
      id: 'name',
      header: 'Image',
      width: 'minmax(180px, 3fr)',
      fixed: true,
      sort: (row) => row.tags[0] ?? null,
      cell: (row) => <ImageName image={row} />,
    },
    {
      id: 'id',
      header: 'Id',
      width: '148px',
      from: 760,
      cell: (row) => <Id id={row.id} className="text-xs" />,
    },
    {
      id: 'used',
      header: 'Used by',
      width: 'minmax(120px, 1.4fr)',
      sort: (row) => row.usedBy.length,
      cell: (row) => <UsedBy users={row.usedBy} />,
    },
    {
      id: 'created',
      header: 'Built',
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
      width: '92px',
      fixed: true,
      align: 'end',
      cell: (row) => <ImageActions image={row} onRemove={() => askRemove([row])} />,
    },
  ];
  return (
    <DropZone onFiles={upload}>
      <ListPage
        title="Images"
        nouns="images"
        query={images}
        columns={columns}
        rowId={(row) => row.id}
        rowName={nameOf}
        text={(row) => `${row.tags.join(' ')} ${row.id} ${row.usedBy.map((user) => user.name).join(' ')}`}
        meta={total !== undefined && total > 0 ? formatBytes(total) : undefined}
        filters={[
          { value: 'used', label: 'Used', keep: (row) => row.usedBy.length > 0 },
          { value: 'unused', label: 'Not used', keep: (row) => row.usedBy.length === 0 },
          { value: 'untagged', label: 'No tag', keep: (row) => row.dangling },
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
              aria-label="Prune images"
              className="px-2 sm:px-3"
            >
              <span className="hidden sm:inline">Prune</span>
            </Button>
            <Button
              icon={Upload}
              onClick={() => file.current?.click()}
              aria-label="Upload images"
              className="px-2 sm:px-3"
            >
              <span className="hidden sm:inline">Upload</span>
            </Button>
            <Button kind="primary" icon={Download} onClick={() => setPulling(true)}>
              <span>
                Pull<span className="hidden sm:inline"> image</span>
              </span>
            </Button>
          </>
        }
        phoneRow={(row) => ({
          first: <ImageName image={row} />,
          second: (
            <>
              <Bytes value={row.sizeBytes} />
              <UsedBy users={row.usedBy} />
              {row.dangling && <Badge tone="warn">no tag</Badge>}
            </>
          ),
          end: <ImageActions image={row} onRemove={() => askRemove([row])} />,
        })}
        empty={
          <EmptyState
            icon={Layers}
            title="No images yet"
            command="docker pull busybox"
            action={
              <>
                <Button kind="primary" icon={Download} onClick={() => setPulling(true)}>
                  Pull image
                </Button>
                <Button icon={Upload} onClick={() => file.current?.click()}>
                  Upload a tar
                </Button>
              </>
            }
          >
            Pull one from a registry, or drop a tar made by docker save onto this page.
          </EmptyState>
        }
      />
      <input
        ref={file}
        type="file"
        accept=".tar,.tgz,.gz,.zst,.xz"
        multiple
        hidden
        data-testid="image-file"
        onChange={(event) => {
          upload([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
      <PullDialog open={pulling} onOpenChange={setPulling} initial={wanted ?? ''} />
      <ImagePrune open={pruning} onOpenChange={setPruning} />
      {removal}
    </DropZone>
  );
}

function ImageActions({ image, onRemove }: { image: ImageRow; onRemove(): void }) {
  const reference = image.tags[0] ?? image.id;
  return (
    <span className={cx('flex items-center')}>
      <Button asChild size="sm" kind="ghost">
        <Link
          href={`/containers/new?image=${encodeURIComponent(reference)}`}
          aria-label={`Create a container from ${nameOf(image)}`}
          title="Create a container from it"
        >
          <Play aria-hidden size={14} className="text-grey-9" />
        </Link>
      </Button>
      <Button size="sm" kind="ghost" aria-label={`Remove ${nameOf(image)}`} title="Remove" onClick={onRemove}>
        <Trash2 aria-hidden size={14} className="text-grey-9" />
      </Button>
    </span>
  );
}
