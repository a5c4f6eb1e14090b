'use client';
import type { EngineEvent } from '@berth/api/schemas';
import { formatMoment, RelativeTime, ToneIcon } from '@berth/ui';
import Link from 'next/link';
import { toneOf } from '../lib/tone.ts';

/** One event as a sentence, with the way to what it is about. */
export function EventLine({ event }: { event: EngineEvent }) {
  const gone = event.action === 'destroy' || event.action === 'remove';
  return (
    <span className="flex min-w-0 flex-1 items-center gap-2.5 text-sm">
      <ToneIcon tone={toneOf[event.tone]} size={13} />
      {event.type === 'container' && !gone ? (
        <Link
          href={`/containers/${event.actorId}`}
          title={`${event.summary}\n${formatMoment(event.timeMs)}`}
          className="clip flex-1 text-grey-12 hover:text-accent-text hover:underline"
        >
          {event.summary}
        </Link>
      ) : (
        <span title={event.summary} className="clip flex-1">
          {event.summary}
        </span>
      )}
      <RelativeTime at={event.timeMs} className="shrink-0 text-xs text-grey-10" />
    </span>
  );
}
