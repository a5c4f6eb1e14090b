'use client';
import {
  Button,
  ErrorNote,
  IconButton,
  LogView,
  type LogViewHandle,
  SearchInput,
  usePreference,
} from '@berth/ui';
import { ChevronDown, ChevronUp, Clock, Download, Eraser, WrapText } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import { useEnvironment } from '../../../../../lib/environment.tsx';
import { useContainer } from './container-context.tsx';
import { type LogSearch, useLogSearch } from './use-log-search.ts';
import { type Logs, useLogs } from './use-logs.ts';

const onOff =
  (byDefault: boolean) =>
  (stored: unknown): boolean =>
    typeof stored === 'boolean' ? stored : byDefault;
const parseWrap = onOff(true);
const parseTimestamps = onOff(false);

/** What the container prints, as it prints it. */
export function LogsTab() {
  const { detail } = useContainer();
  const [wrap, setWrap] = usePreference('logs.wrap', parseWrap);
  const [timestamps, setTimestamps] = usePreference('logs.timestamps', parseTimestamps);
  const logs = useLogs(detail.id);
  const view = useRef<LogViewHandle>(null);
  const search = useLogSearch(logs.lines, view);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-1.5 border-b border-grey-5 px-3 py-1.5">
        <Finder search={search} />
        <span className="ml-auto flex items-center gap-1">
          <Live status={logs.status} />
          <IconButton
            label="Timestamps"
            icon={Clock}
            pressed={timestamps}
            onClick={() => setTimestamps(!timestamps)}
          />
          <IconButton label="Wrap long lines" icon={WrapText} pressed={wrap} onClick={() => setWrap(!wrap)} />
          <IconButton label="Empty this view" icon={Eraser} onClick={logs.clear} />
          <DownloadLink timestamps={timestamps} />
        </span>
      </div>
      {logs.error !== null && (
        <ErrorNote title="The log could not be read" error={new Error(logs.error)} className="m-3 mb-0" />
      )}
      <LogView
        ref={view}
        label={`Logs of ${detail.name}`}
        lines={logs.lines}
        wrap={wrap}
        timestamps={timestamps}
        highlight={search.highlight}
        currentIndex={search.currentIndex}
        onOlder={logs.older}
        head={<Head logs={logs} />}
        empty={<Empty logs={logs} running={detail.state === 'running'} />}
      />
    </div>
  );
}

/** Search field with the number of hits and the way between them. */
function Finder({ search }: { search: LogSearch }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.key.toLowerCase() !== 'f') return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    search.step(event.shiftKey ? -1 : 1);
  };
  const { matches, place } = search;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Enter in the field inside steps through the hits
    <span className="flex min-w-0 flex-1 items-center gap-1 sm:max-w-md" onKeyDown={onKeyDown}>
      <SearchInput
        ref={field}
        label="Search the log"
        value={search.text}
        onChange={search.setText}
        className="min-w-0 flex-1"
      />
      {search.text !== '' && (
        <>
          <span
            role="status"
            className="px-1 text-xs whitespace-nowrap text-grey-10"
            data-testid="log-matches"
          >
            {matches.length === 0
              ? 'none'
              : place === null
                ? matches.length
                : `${place + 1} of ${matches.length}`}
          </span>
          <IconButton
            label="Previous hit"
            icon={ChevronUp}
            disabled={matches.length === 0}
            onClick={() => search.step(-1)}
          />
          <IconButton
            label="Next hit"
            icon={ChevronDown}
            disabled={matches.length === 0}
            onClick={() => search.step(1)}
          />
        </>
      )}
    </span>
  );
}

function Live({ status }: { status: Logs['status'] }) {
  const words = { loading: 'connecting', live: 'live', down: 'not live' } as const;
  return (
    <span role="status" className="mr-1.5 inline-flex items-center gap-1.5 text-xs text-grey-10">
      <i aria-hidden className={`size-1.5 rounded-full ${status === 'live' ? 'bg-ok-dot' : 'bg-warn-dot'}`} />
      {words[status]}
    </span>
  );
}

function DownloadLink({ timestamps }: { timestamps: boolean }) {
  const { detail } = useContainer();
  const environment = useEnvironment();
  const query = timestamps ? '?timestamps=1' : '';
  return (
    <Button size="sm" kind="ghost" icon={Download} asChild>
      <a href={`/api/environments/${environment}/containers/${detail.id}/logs.txt${query}`} download>
        Download
      </a>
    </Button>
  );
}

const Line = ({ children }: { children: ReactNode }) => (
  <p className="m-0 px-3 py-1 font-sans text-xs text-grey-10">{children}</p>
);

function Head({ logs }: { logs: Logs }) {
  if (logs.lines.length === 0) return null;
  if (logs.loadingOlder) return <Line>Loading older lines…</Line>;
  if (logs.atStart) return <Line>Beginning of the log</Line>;
  return (
    <div className="px-2">
      <Button size="sm" kind="ghost" onClick={logs.older}>
        Load older lines
      </Button>
    </div>
  );
}

function Empty({ logs, running }: { logs: Logs; running: boolean }) {
  if (logs.status === 'loading') return <Line>Reading the log…</Line>;
  return (
    <Line>
      {running
        ? 'Nothing has been printed yet. Lines appear here as soon as they are.'
        : 'It printed nothing. What a program writes to standard output and standard error appears here.'}
    </Line>
  );
}
