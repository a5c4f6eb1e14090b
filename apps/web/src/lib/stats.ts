'use client';
import type { StatsSample } from '@berth/api/schemas';
import { createContext, useCallback, useContext, useEffect, useState } from 'react';
import { useEnvironment } from './environment.tsx';
import { useTRPCClient } from './trpc.tsx';

/** The last samples of one container. */
export interface StatsHistory {
  cpuCores: (number | null)[];
  memoryBytes: (number | null)[];
  last: StatsSample;
}

const none: ReadonlyMap<string, StatsHistory> = new Map();

/** What `useVisibleStats` found, for the cells of a table: only they are drawn anew each second. */
export const StatsContext = createContext(none);

/** The last half minute of one container; nothing while it does not run or is not watched. */
export function useStatsOf(id: string): StatsHistory | undefined {
  return useContext(StatsContext).get(id);
}

const kept = 30;
/** Scrolling changes what is visible many times a second; the subscription follows when it rests. */
const restMs = 250;

function add(history: StatsHistory | undefined, sample: StatsSample): StatsHistory {
  return {
    cpuCores: [...(history?.cpuCores ?? []).slice(1 - kept), sample.cpuCores],
    memoryBytes: [...(history?.memoryBytes ?? []).slice(1 - kept), sample.memoryBytes],
    last: sample,
  };
}

/** CPU and memory of the containers on screen, once a second. Ids that leave are dropped. */
export function useVisibleStats(): [ReadonlyMap<string, StatsHistory>, (ids: string[]) => void] {
  const api = useTRPCClient();
  const environment = useEnvironment();
  const [wanted, setWanted] = useState('');
  const [settled, setSettled] = useState('');
  const [stats, setStats] = useState(none);
  const watch = useCallback((ids: string[]) => setWanted([...ids].sort().join(' ')), []);

  useEffect(() => {
    const timer = setTimeout(() => setSettled(wanted), restMs);
    return () => clearTimeout(timer);
  }, [wanted]);

  useEffect(() => {
    const ids = settled === '' ? [] : settled.split(' ');
    setStats((before) => new Map([...before].filter(([id]) => ids.includes(id))));
    if (ids.length === 0) return;
    const stream = api.live.stats.subscribe(
      { environment, ids },
      {
        onData: (update) =>
          setStats((before) => {
            const next = new Map(before);
            if (update.type === 'ended') next.delete(update.id);
            else for (const sample of update.samples) next.set(sample.id, add(next.get(sample.id), sample));
            return next;
          }),
      },
    );
    return () => stream.unsubscribe();
  }, [api, environment, settled]);

  return [stats, watch];
}
