'use client';
import type { ContainerRow } from '@berth/api/schemas';
import { Button, Mono, RelativeTime, Skeleton, StateBadge, ToneIcon } from '@berth/ui';
import { ScrollText } from 'lucide-react';
import Link from 'next/link';
import { useContainers, useHost } from '../../lib/live.tsx';
import { isProblem, problemOf } from '../../lib/problems.ts';
import { factsOf } from '../containers/state.tsx';

const shownAtMost = 6;
const fullDisk = 0.9;

/** What somebody should look at, or one calm line. */
export function Problems({ warnings }: { warnings: readonly string[] }) {
  const { status, rows } = useContainers();
  const host = useHost().samples.at(-1);
  const problems = rows.filter(isProblem);
  const disk = host ? 1 - host.diskFreeBytes / host.diskTotalBytes : 0;
  if (status === 'connecting') return <Skeleton className="my-2 h-5 w-64" />;
  const calm = problems.length === 0 && disk < fullDisk && warnings.length === 0;
  if (calm) {
    return (
      <p data-testid="all-well" className="flex items-center gap-2 py-2 text-sm text-grey-11">
        <ToneIcon tone="ok" />
        {rows.length === 0 ? 'Nothing runs here yet.' : 'Nothing needs a look.'}
      </p>
    );
  }
  return (
    <section aria-label="Needs a look" data-testid="problems" className="pt-1">
      <ul className="divide-y divide-grey-5 border-y border-grey-5">
        {disk >= fullDisk && (
          <Plain tone="bad">
            The disk with the engine’s data is {Math.round(disk * 100)} % full. Images and volumes can be
            pruned.
          </Plain>
        )}
        {problems.slice(0, shownAtMost).map((row) => (
          <Problem key={row.id} row={row} />
        ))}
        {warnings.map((warning) => (
          <Plain key={warning} tone="warn">
            {warning}
          </Plain>
        ))}
      </ul>
      {problems.length > shownAtMost && (
        <Link
          href="/containers?state=problem"
          className="mt-2 inline-block rounded-sm text-sm text-accent-text hover:underline"
        >
          All {problems.length} containers that need a look
        </Link>
      )}
    </section>
  );
}

/** One line; on a phone the words go under the name. */
function Problem({ row }: { row: ContainerRow }) {
  return (
    <li className="grid min-h-11 grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 py-1.5 sm:grid-cols-[116px_minmax(0,220px)_minmax(0,1fr)_auto] lg:grid-cols-[116px_minmax(0,220px)_minmax(0,1fr)_minmax(0,260px)_auto]">
      <span className="order-2 col-span-2 flex items-center gap-2 sm:order-none sm:col-span-1">
        <StateBadge facts={factsOf(row)} />
        <span className="min-w-0 text-sm text-grey-11 sm:hidden">{problemOf(row)}</span>
      </span>
      <Link
        href={`/containers/${row.id}`}
        title={row.name}
        className="clip rounded-sm text-sm font-medium hover:text-accent-text hover:underline"
      >
        {row.name}
      </Link>
      <span className="hidden min-w-0 text-sm text-grey-11 sm:block">
        {problemOf(row)}
        {row.stateSinceMs !== null && (
          <>
            , <RelativeTime at={row.stateSinceMs} />
          </>
        )}
      </span>
      <Mono clip className="hidden text-xs text-grey-10 lg:block">
        {row.image}
      </Mono>
      <Button asChild size="sm" kind="ghost">
        <Link href={`/containers/${row.id}/logs`} aria-label={`Logs of ${row.name}`}>
          <ScrollText aria-hidden size={14} />
          Logs
        </Link>
      </Button>
    </li>
  );
}

function Plain({ tone, children }: { tone: 'bad' | 'warn'; children: React.ReactNode }) {
  return (
    <li className="flex min-h-11 items-center gap-2 py-2 text-sm text-grey-11">
      <ToneIcon tone={tone} />
      <span className="min-w-0 break-words">{children}</span>
    </li>
  );
}
