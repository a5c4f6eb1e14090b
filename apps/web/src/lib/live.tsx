'use client';
import type {
  ContainerRow,
  ContainersUpdate,
  EngineEvent,
  HostUsage,
  Job,
  JobsUpdate,
} from '@berth/api/schemas';
import { createContext, type ReactNode, useContext, useMemo, useSyncExternalStore } from 'react';
import { useEnvironment } from './environment.tsx';
import { wordsOf } from './errors.ts';
import { createSharedStream, type SharedStream } from './shared-stream.ts';
import { type ApiClient, useTRPCClient } from './trpc.tsx';

export interface LiveContainers {
  /** `connecting` until the first answer; `offline` keeps the last known rows. */
  status: 'connecting' | 'live' | 'offline';
  message: string | null;
  rows: readonly ContainerRow[];
}
export interface LiveHost {
  samples: readonly HostUsage[];
  /** The engine does not tell (not Berth). */
  unsupported: boolean;
}

const hostSamples = 60;
const eventsKept = 500;

interface Streams {
  containers: SharedStream<LiveContainers>;
  host: SharedStream<LiveHost>;
  events: SharedStream<readonly EngineEvent[]>;
  jobs: SharedStream<readonly Job[]>;
}

function reduceContainers(state: LiveContainers, update: ContainersUpdate): LiveContainers {
  switch (update.type) {
    case 'snapshot':
      return { status: 'live', message: null, rows: update.rows };
    case 'offline':
      return { ...state, status: 'offline', message: update.message };
    case 'remove':
      return { ...state, rows: state.rows.filter((row) => row.id !== update.id) };
    case 'upsert': {
      const known = state.rows.some((row) => row.id === update.row.id);
      const rows = known
        ? state.rows.map((row) => (row.id === update.row.id ? update.row : row))
        : [update.row, ...state.rows];
      return { status: 'live', message: null, rows };
    }
  }
}

function reduceJobs(jobs: readonly Job[], update: JobsUpdate): readonly Job[] {
  if (update.type === 'snapshot') return update.jobs;
  if (update.type === 'removed') return jobs.filter((job) => job.id !== update.id);
  return jobs.some((job) => job.id === update.job.id)
    ? jobs.map((job) => (job.id === update.job.id ? update.job : job))
    : [update.job, ...jobs];
}

function createStreams(api: ApiClient, environment: string): Streams {
  const here = { environment };
  return {
    containers: createSharedStream<LiveContainers, ContainersUpdate>({
      initial: { status: 'connecting', message: null, rows: [] },
      start: ({ onMessage, onEnd }) =>
        api.live.containers.subscribe(here, {
          onData: onMessage,
          onError: onEnd,
          onComplete: () => onEnd(null),
        }),
      reduce: reduceContainers,
      onDown: (state, error) => ({
        ...state,
        status: 'offline',
        message: error ? wordsOf(error) : state.message,
      }),
    }),
    host: createSharedStream<LiveHost, HostUsage | 'unsupported'>({
      initial: { samples: [], unsupported: false },
      start: ({ onMessage, onEnd }) => {
        let told = false;
        return api.live.host.subscribe(here, {
          onData: (sample) => {
            told = true;
            onMessage(sample);
          },
          onError: onEnd,
          // A stream that ends without one sample: this engine has no such answer, so it is not asked again.
          onComplete: () => (told ? onEnd(null) : onMessage('unsupported')),
        });
      },
      reduce: (state, sample) =>
        sample === 'unsupported'
          ? { ...state, unsupported: true }
          : { unsupported: false, samples: [...state.samples.slice(1 - hostSamples), sample] },
    }),
    events: createSharedStream<readonly EngineEvent[], EngineEvent>({
      initial: [],
      start: ({ onMessage, onEnd }) =>
        api.live.events.subscribe(here, { onData: onMessage, onError: onEnd, onComplete: () => onEnd(null) }),
      reduce: (events, event) =>
        events.some((known) => known.id === event.id) ? events : [event, ...events.slice(0, eventsKept - 1)],
      lingerMs: 60_000,
    }),
    jobs: createSharedStream<readonly Job[], JobsUpdate>({
      initial: [],
      start: ({ onMessage, onEnd }) =>
        api.live.jobs.subscribe(undefined, {
          onData: onMessage,
          onError: onEnd,
          onComplete: () => onEnd(null),
        }),
      reduce: reduceJobs,
    }),
  };
}

const StreamsContext = createContext<Streams | null>(null);

/** The living facts of the chosen engine, shared by all components of the page. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const api = useTRPCClient();
  const environment = useEnvironment();
  const streams = useMemo(() => createStreams(api, environment), [api, environment]);
  return <StreamsContext value={streams}>{children}</StreamsContext>;
}

function useStream<Key extends keyof Streams>(key: Key): ReturnType<Streams[Key]['get']> {
  const streams = useContext(StreamsContext);
  if (!streams) throw new Error('useStream needs a LiveProvider above it.');
  const stream = streams[key] as SharedStream<ReturnType<Streams[Key]['get']>>;
  return useSyncExternalStore(stream.subscribe, stream.get, stream.get);
}

/** Every container, pushed. */
export const useContainers = (): LiveContainers => useStream('containers');
/** The last minute of the host. */
export const useHost = (): LiveHost => useStream('host');
/** Events since the page is open, newest first; see `useEvents` for older ones. */
export const useLiveEvents = (): readonly EngineEvent[] => useStream('events');
/** Running jobs and their history, newest first. */
export const useJobs = (): readonly Job[] => useStream('jobs');
