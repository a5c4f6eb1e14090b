'use client';
import { ErrorNote, LinkTabs, Skeleton } from '@berth/ui';
import Link from 'next/link';
import { usePathname, useRouter } from 'next/navigation';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { ContainerActionsProvider } from '../../../../../components/containers/actions.tsx';
import { wordsOf } from '../../../../../lib/errors.ts';
import { ContainerContext } from './container-context.tsx';
import { ContainerHeader } from './container-header.tsx';
import { useContainerDetail } from './use-container-detail.ts';
import { useStatsSeries } from './use-stats-series.ts';

const tabs = [
  ['', 'Overview'],
  ['logs', 'Logs'],
  ['terminal', 'Terminal'],
  ['stats', 'Stats'],
  ['limits', 'Limits'],
  ['inspect', 'Inspect'],
] as const;

/** The page of one container: its header, and the tab its address names. */
export function ContainerFrame({ id, children }: { id: string; children: ReactNode }) {
  return (
    <ContainerActionsProvider>
      <Framed id={id}>{children}</Framed>
    </ContainerActionsProvider>
  );
}

function Framed({ id, children }: { id: string; children: ReactNode }) {
  const { detail, gone, error, retry, offline } = useContainerDetail(id);
  const running = detail?.state === 'running' || detail?.state === 'paused';
  const stats = useStatsSeries(detail?.id, running);
  const view = useMemo(() => (detail ? { detail, stats } : null), [detail, stats]);
  useOpenOnLogs(id, detail?.tone === 'failed' && detail.state === 'exited');

  if (!view) {
    return (
      <div className="p-4">
        {error ? (
          <ErrorNote
            title={`The container ${id} cannot be shown`}
            error={new Error(wordsOf(error))}
            onRetry={retry}
          />
        ) : (
          <LoadingHeader />
        )}
      </div>
    );
  }
  return (
    <ContainerContext value={view}>
      <div className="flex min-h-0 flex-1 flex-col" data-testid="container-page">
        <ContainerHeader />
        {gone && (
          <p className="mx-4 mb-2 text-sm text-warn-text">
            This container was removed. What you see is the last that was known.
          </p>
        )}
        {offline !== null && (
          <p className="mx-4 mb-2 text-sm text-warn-text">The engine does not answer: {offline}</p>
        )}
        <Tabs id={id} />
        <div className="flex min-h-0 flex-1 flex-col">{children}</div>
      </div>
    </ContainerContext>
  );
}

function Tabs({ id }: { id: string }) {
  const path = usePathname();
  const base = `/containers/${encodeURIComponent(id)}`;
  const part = path.slice(base.length + 1).split('/')[0] ?? '';
  return (
    <LinkTabs
      label="Parts of the container page"
      className="shrink-0 px-2"
      Link={Link}
      tabs={tabs.map(([segment, label]) => ({
        href: segment === '' ? base : `${base}/${segment}`,
        label,
        current: segment === part,
      }))}
    />
  );
}

/** A container that failed is opened to see why; only the first time, so Overview stays reachable. */
function useOpenOnLogs(id: string, failed: boolean): void {
  const path = usePathname();
  const router = useRouter();
  const done = useRef(false);
  useEffect(() => {
    if (done.current || !failed) return;
    done.current = true;
    if (path === `/containers/${encodeURIComponent(id)}`) router.replace(`${path}/logs`);
  }, [failed, id, path, router]);
}

const LoadingHeader = () => (
  <div className="flex flex-col gap-3" role="status" aria-label="Loading the container">
    <Skeleton className="h-6 w-64" />
    <Skeleton className="w-96 max-w-full" />
  </div>
);
