'use client';
import { formatBytes, Skeleton } from '@berth/ui';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { useEnvironment } from '../../lib/environment.tsx';
import { useContainers } from '../../lib/live.tsx';
import { useTRPC } from '../../lib/trpc.tsx';
import { useRefreshOn } from '../../lib/use-refresh.ts';

/** How many of each there are; every number leads to its list. */
export function Counts() {
  const trpc = useTRPC();
  const environment = useEnvironment();
  const { status, rows } = useContainers();
  // Engines read every file to answer this.
  const disk = useQuery(
    trpc.system.diskUsage.queryOptions(
      { environment },
      { staleTime: 30_000, trpc: { context: { skipBatch: true } } },
    ),
  );
  const networks = useQuery(trpc.networks.list.queryOptions({ environment }));
  useRefreshOn(['image', 'volume'], trpc.system.diskUsage.queryKey());
  useRefreshOn(['network'], trpc.networks.list.queryKey());
  const running = rows.filter((row) => row.state === 'running').length;
  const stopped = rows.filter((row) => row.state === 'exited' || row.state === 'dead').length;
  const usage = disk.data;
  return (
    <section
      aria-label="Counts"
      className="mt-5 grid grid-cols-2 border-y border-grey-5 sm:grid-cols-4 sm:divide-x sm:divide-grey-5"
    >
      <Count
        href="/containers?state=running"
        label="running"
        value={status === 'connecting' ? undefined : running}
        detail={
          <>
            {rows.length} containers, {stopped} stopped
          </>
        }
      />
      <Count
        href="/images"
        label={usage?.images.count === 1 ? 'image' : 'images'}
        value={usage?.images.count}
        detail={
          usage && (
            <>
              {formatBytes(usage.images.sizeBytes)}, {formatBytes(usage.images.reclaimableBytes)} not used
            </>
          )
        }
        missing={disk.isError}
      />
      <Count
        href="/volumes"
        label={usage?.volumes.count === 1 ? 'volume' : 'volumes'}
        value={usage?.volumes.count}
        detail={
          usage && (
            <>
              {formatBytes(usage.volumes.sizeBytes)}, {formatBytes(usage.volumes.reclaimableBytes)} not used
            </>
          )
        }
        missing={disk.isError}
      />
      <Count
        href="/networks"
        label={networks.data?.length === 1 ? 'network' : 'networks'}
        value={networks.data?.length}
        detail={
          networks.data && (
            <>{networks.data.filter((each) => each.usedBy.length > 0).length} with containers</>
          )
        }
        missing={networks.isError}
      />
    </section>
  );
}

function Count({
  href,
  label,
  value,
  detail,
  missing = false,
}: {
  href: string;
  label: string;
  value: number | undefined;
  detail: ReactNode;
  missing?: boolean;
}) {
  return (
    <Link
      href={href}
      className="focus-inset group/count flex min-w-0 flex-col gap-0.5 px-4 py-3 first:pl-0 hover:bg-grey-2 max-sm:pl-0"
    >
      <span className="flex items-baseline gap-1.5">
        {value === undefined ? (
          <span className="flex h-7 items-center">{missing ? '—' : <Skeleton className="h-5 w-8" />}</span>
        ) : (
          <span className="text-xl font-semibold">{value}</span>
        )}
        <span className="text-sm text-grey-11 group-hover/count:text-accent-text">{label}</span>
      </span>
      <span className="clip min-h-4 text-xs text-grey-10">{detail}</span>
    </Link>
  );
}
