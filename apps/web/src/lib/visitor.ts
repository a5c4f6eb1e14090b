'use client';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
import { safePath } from './session.tsx';
import { useTRPC } from './trpc.tsx';

/**
 * For the pages of people who are not signed in: true when this page is the right one, which is said only after the
 * server has answered. Everybody else is led on.
 */
export function useVisitor(page: 'login' | 'setup'): { ready: boolean; error: unknown; retry(): void } {
  const trpc = useTRPC();
  const router = useRouter();
  const session = useQuery(trpc.session.current.queryOptions(undefined, { staleTime: 0 }));
  const setup = useQuery(trpc.setup.status.queryOptions());
  const known = session.data !== undefined && setup.data !== undefined;
  const right: 'login' | 'setup' = setup.data?.needed ? 'setup' : 'login';
  useEffect(() => {
    if (!known) return;
    if (session.data) router.replace(afterSignIn());
    else if (right !== page) router.replace(`/${right}`);
  }, [known, session.data, right, page, router]);
  return {
    ready: known && !session.data && right === page,
    error: session.error ?? setup.error,
    retry: () => {
      void session.refetch();
      void setup.refetch();
    },
  };
}

/** Where the visitor wanted to go. */
export function afterSignIn(): string {
  return safePath(new URLSearchParams(window.location.search).get('next'));
}

/** Leaves through a full page load, so that socket and caches start with the new session. */
export function leaveTo(path: string): void {
  window.location.assign(path);
}
