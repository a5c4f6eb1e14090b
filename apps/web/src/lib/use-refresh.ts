'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useLiveEvents } from './live.tsx';

/** Asks a list again when the engine tells that something of these kinds has changed. Nothing is polled. */
export function useRefreshOn(kinds: readonly string[], queryKey: readonly unknown[]): void {
  const queries = useQueryClient();
  const events = useLiveEvents();
  const newest = events.find(
    (event) => kinds.includes(event.type) && !quiet.has(event.action.split(':')[0] ?? ''),
  );
  const seen = useRef<string | undefined>(newest?.id);
  const key = useRef(queryKey);
  key.current = queryKey;
  useEffect(() => {
    if (!newest || newest.id === seen.current) return;
    seen.current = newest.id;
    const timer = setTimeout(() => void queries.invalidateQueries({ queryKey: key.current }), 150);
    return () => clearTimeout(timer);
  }, [newest, queries]);
}

/** Happens all the time and changes no list. */
const quiet = new Set([
  'exec_create',
  'exec_start',
  'exec_die',
  'health_status',
  'top',
  'attach',
  'resize',
  'detach',
]);
