'use client';
import type { ContainerRow } from '@berth/api/schemas';
import { type ContainerStateFacts, RelativeTime, StateBadge } from '@berth/ui';
import { LoaderCircle } from 'lucide-react';
import { doing } from './action-words.ts';
import { usePendingAction } from './actions.tsx';

/** What the badge must know; the server's tone tells whether a stop was wanted. */
export function factsOf(row: ContainerRow): ContainerStateFacts {
  return {
    state: row.state,
    health: row.health,
    exitCode: row.exitCode,
    oomKilled: row.oomKilled,
    stoppedByUser: row.tone === 'stopped',
  };
}

/** State and since when, or what is being done to it now. */
export function StateCell({ row }: { row: ContainerRow }) {
  const pending = usePendingAction(row.id);
  if (pending) {
    return (
      <span className="inline-flex items-center gap-1.5 text-sm text-warn-text">
        <LoaderCircle aria-hidden size={13} className="animate-spin" />
        {doing[pending]}
      </span>
    );
  }
  return (
    <span className="flex shrink-0 items-center gap-1.5">
      <StateBadge facts={factsOf(row)} />
      {row.state !== 'created' && row.stateSinceMs !== null && (
        <RelativeTime at={row.stateSinceMs} span className="clip text-xs text-grey-10" />
      )}
    </span>
  );
}
