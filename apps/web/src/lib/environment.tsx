'use client';
import { usePreference } from '@berth/ui';
import { useQuery } from '@tanstack/react-query';
import { useTRPC } from './trpc.tsx';

const parse = (stored: unknown): string =>
  typeof stored === 'string' && /^[\w-]{1,64}$/.test(stored) ? stored : 'local';

/** Id of the engine the pages are about. */
export function useEnvironment(): string {
  return usePreference('environment', parse)[0];
}

/** The engine chosen, every engine there is, and the way to change. */
export function useEnvironments() {
  const [id, choose] = usePreference('environment', parse);
  const trpc = useTRPC();
  const list = useQuery(trpc.environments.list.queryOptions(undefined, { staleTime: 30_000 }));
  return { id, choose, list, current: list.data?.find((each) => each.id === id) };
}
