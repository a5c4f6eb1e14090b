'use client';
import type { EngineEvent } from '@berth/api/schemas';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useEnvironment } from './environment.tsx';
import { useLiveEvents } from './live.tsx';
import { useTRPC } from './trpc.tsx';

/** Recent events and those that come while looking, newest first, each once. */
export function useEvents(limit: number) {
  const trpc = useTRPC();
  const environment = useEnvironment();
  const recent = useQuery(trpc.events.recent.queryOptions({ environment, limit }));
  const live = useLiveEvents();
  const events = useMemo((): EngineEvent[] => {
    const byId = new Map<string, EngineEvent>();
    for (const event of [...live, ...(recent.data ?? [])]) if (!byId.has(event.id)) byId.set(event.id, event);
    return [...byId.values()].sort((one, other) => other.timeMs - one.timeMs);
  }, [live, recent.data]);
  return { events, recent };
}
