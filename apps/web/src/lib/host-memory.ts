'use client';
import { useQuery } from '@tanstack/react-query';
import { useEnvironment } from './environment.tsx';
import { useTRPC } from './trpc.tsx';

/** Memory of the engine's host in bytes; null while not known. It is asked once. */
export function useHostMemory(): number | null {
  const trpc = useTRPC();
  const environment = useEnvironment();
  const info = useQuery(
    trpc.system.info.queryOptions({ environment }, { staleTime: Number.POSITIVE_INFINITY }),
  );
  return info.data?.memoryBytes ?? null;
}
