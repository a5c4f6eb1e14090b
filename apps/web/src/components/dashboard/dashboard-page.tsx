'use client';
import { ErrorNote, formatBytes, Skeleton } from '@berth/ui';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { useEnvironment } from '../../lib/environment.tsx';
import { reasonOf, wordsOf } from '../../lib/errors.ts';
import { useTRPC } from '../../lib/trpc.tsx';
import { PageHeader, PageScroll } from '../page.tsx';
import { Counts } from './counts.tsx';
import { HostPanel } from './host-panel.tsx';
import { Problems } from './problems.tsx';
import { RecentEvents } from './recent-events.tsx';

/** What needs a look first, then what there is, how the host is, what happened. */
export function DashboardPage() {
  const trpc = useTRPC();
  const environment = useEnvironment();
  const info = useQuery(trpc.system.info.queryOptions({ environment }));
  const { data } = info;
  return (
    <>
      <PageHeader
        title={data?.hostName ?? 'Dashboard'}
        meta={
          data ? (
            `${data.engine} ${data.version}, ${data.os}, Linux ${data.kernel}, ${data.cpus} cores, ${formatBytes(data.memoryBytes)}`
          ) : info.isPending ? (
            <Skeleton className="w-72" />
          ) : undefined
        }
      />
      <PageScroll>
        {info.error && reasonOf(info.error) !== 'engine-offline' && (
          <ErrorNote
            title="The engine could not be asked"
            error={wordsOf(info.error)}
            onRetry={() => info.refetch()}
            className="mb-4"
          />
        )}
        <Problems warnings={data?.warnings ?? []} />
        <Counts />
        <div className="grid gap-x-10 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <HostPanel />
          <RecentEvents />
        </div>
      </PageScroll>
    </>
  );
}

/** A part of the dashboard under its own small heading. */
export function Section({
  title,
  href,
  link,
  children,
}: {
  title: string;
  href?: string;
  link?: string;
  children: ReactNode;
}) {
  return (
    <section className="min-w-0 pt-8">
      <div className="mb-2 flex items-baseline justify-between gap-3">
        <h2 className="text-lg font-semibold">{title}</h2>
        {href && (
          <Link href={href} className="rounded-sm text-sm text-accent-text hover:underline">
            {link}
          </Link>
        )}
      </div>
      {children}
    </section>
  );
}
