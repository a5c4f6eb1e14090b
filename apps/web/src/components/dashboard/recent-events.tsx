'use client';
import type { EngineEvent } from '@berth/api/schemas';
import { Skeleton } from '@berth/ui';
import { useEvents } from '../../lib/events.ts';
import { EventLine } from '../event-line.tsx';
import { Section } from './dashboard-page.tsx';

const shown = 9;
const places = Array.from({ length: shown }, (_, index) => `place-${index}`);

/** Said by the start or stop beside it already; the page of events has them all. */
const isDetail = (event: EngineEvent): boolean =>
  event.type === 'network' && (event.action === 'connect' || event.action === 'disconnect');

/** The last things the engine did. */
export function RecentEvents() {
  const { events: all, recent } = useEvents(100);
  const events = all.filter((event) => !isDetail(event));
  const loading = recent.isPending && events.length === 0;
  return (
    <Section title="Recent events" href="/events" link="All events">
      <ul data-testid="recent-events" className="divide-y divide-grey-4 border-y border-grey-5">
        {loading &&
          places.map((place) => (
            <li key={place} className="flex h-9 items-center">
              <Skeleton className="w-3/5" />
            </li>
          ))}
        {events.slice(0, shown).map((event) => (
          <li key={event.id} className="flex h-9 items-center">
            <EventLine event={event} />
          </li>
        ))}
        {!loading && events.length === 0 && (
          <li className="py-4 text-sm text-grey-10">
            {recent.error ? 'Not known while the engine does not answer.' : 'Nothing has happened yet.'}
          </li>
        )}
      </ul>
    </Section>
  );
}
