'use client';
import type { EngineEvent } from '@berth/api/schemas';
import {
  Button,
  type Column,
  DataTable,
  EmptyState,
  ErrorNote,
  formatMoment,
  Mono,
  SearchInput,
  shortId,
  ToneIcon,
} from '@berth/ui';
import { Activity, SearchX } from 'lucide-react';
import { useDeferredValue, useMemo } from 'react';
import { wordsOf } from '../lib/errors.ts';
import { useEvents } from '../lib/events.ts';
import { toneOf } from '../lib/tone.ts';
import { useUrlParam } from '../lib/url.ts';
import { EventLine } from './event-line.tsx';
import { FilterChips } from './filter-chips.tsx';
import { PageHeader } from './page.tsx';

const clock = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});

const columns: readonly Column<EngineEvent>[] = [
  {
    id: 'time',
    header: 'Time',
    width: '140px',
    fixed: true,
    sort: (row) => row.timeMs,
    cell: (row) => (
      <time
        dateTime={new Date(row.timeMs).toISOString()}
        title={formatMoment(row.timeMs)}
        className="text-grey-11"
      >
        {clock.format(row.timeMs)}
      </time>
    ),
  },
  {
    id: 'summary',
    header: 'What happened',
    width: 'minmax(200px, 3fr)',
    fixed: true,
    sort: (row) => row.summary,
    cell: (row) => (
      <span className="flex min-w-0 items-center gap-2.5">
        <ToneIcon tone={toneOf[row.tone]} size={13} />
        <span title={row.summary} className="clip">
          {row.summary}
        </span>
      </span>
    ),
  },
  {
    id: 'kind',
    header: 'Kind',
    width: '96px',
    sort: (row) => row.type,
    cell: (row) => <span className="text-grey-11">{row.type}</span>,
  },
  {
    id: 'action',
    header: 'Action',
    width: 'minmax(96px, 1fr)',
    sort: (row) => row.action,
    cell: (row) => (
      <Mono clip className="text-xs text-grey-11">
        {row.action}
      </Mono>
    ),
  },
  {
    id: 'object',
    header: 'Object',
    width: 'minmax(120px, 1fr)',
    from: 900,
    sort: (row) => row.name,
    cell: (row) => (
      <Mono clip copy className="text-xs text-grey-11">
        {row.name || shortId(row.actorId)}
      </Mono>
    ),
  },
];

/** What the engine did, newest first, as it happens. */
export function EventsPage() {
  const { events, recent } = useEvents(500);
  const [search, setSearch] = useUrlParam('q');
  const [kind, setKind] = useUrlParam('kind');
  const query = useDeferredValue(search).toLowerCase();
  const kinds = useMemo(() => [...new Set(events.map((event) => event.type))].sort(), [events]);
  const shown = useMemo(
    () =>
      events.filter(
        (event) =>
          (kind === '' || event.type === kind) &&
          `${event.summary} ${event.action} ${event.name} ${event.actorId}`.toLowerCase().includes(query),
      ),
    [events, kind, query],
  );
  return (
    <>
      <PageHeader title="Events">
        <SearchInput
          value={search}
          onChange={setSearch}
          label="Search events"
          className="min-w-0 flex-1 sm:w-64"
        />
      </PageHeader>
      {recent.error && events.length === 0 ? (
        <div className="px-4 py-2">
          <ErrorNote
            title="The events could not be read"
            error={wordsOf(recent.error)}
            onRetry={() => recent.refetch()}
          />
        </div>
      ) : (
        <DataTable
          id="events"
          label="Events"
          rows={shown}
          columns={columns}
          rowId={(row) => row.id}
          rowName={(row) => row.summary}
          initialSort={{ id: 'time', desc: true }}
          loading={recent.isPending}
          toolbar={
            <FilterChips
              label="Kind"
              value={kind}
              onChange={setKind}
              chips={[
                { value: '', label: 'All', count: events.length },
                ...kinds.map((each) => ({
                  value: each,
                  label: each,
                  count: events.filter((event) => event.type === each).length,
                })),
              ]}
            />
          }
          phoneRow={(row) => ({
            first: <EventLine event={row} />,
            second: (
              <>
                <span>{row.type}</span>
                <span className="clip font-mono">{row.action}</span>
              </>
            ),
          })}
          empty={
            events.length === 0 ? (
              <EmptyState icon={Activity} title="Nothing has happened yet" command="docker events">
                Starts, stops, pulls and removals show up here as they happen.
              </EmptyState>
            ) : (
              <EmptyState
                icon={SearchX}
                title="No event matches"
                action={
                  <Button
                    onClick={() => {
                      setSearch('');
                      setKind('');
                    }}
                  >
                    Show all events
                  </Button>
                }
              />
            )
          }
        />
      )}
    </>
  );
}
