'use client';
import type { UserInfo } from '@berth/api/schemas';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { usePathname, useRouter } from 'next/navigation';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { SignInAgain } from '../components/auth/sign-in-again.tsx';
import { Unreachable } from '../components/auth/unreachable.tsx';
import { sessionLost, useTRPC } from './trpc.tsx';

const UserContext = createContext<UserInfo | null>(null);

/** The person signed in. */
export function useUser(): UserInfo {
  const user = useContext(UserContext);
  if (!user) throw new Error('useUser needs a SessionGate above it.');
  return user;
}

/** A path inside the console to go to after signing in; anything else becomes the dashboard. */
export function safePath(path: string | null): string {
  return path && /^\/(?![/\\])/.test(path) ? path : '/';
}

/**
 * Shows its children to people who are signed in and leads everybody else to sign-in or set-up; until the server has
 * answered the page stays blank, so nothing flashes. When a session ends while a page is open, the page and what was
 * typed stay, and signing in again happens on top of it.
 */
export function SessionGate({ children }: { children: ReactNode }) {
  const trpc = useTRPC();
  const router = useRouter();
  const path = usePathname();
  const queries = useQueryClient();
  const session = useQuery(
    trpc.session.current.queryOptions(undefined, { staleTime: Number.POSITIVE_INFINITY }),
  );
  const [lost, setLost] = useState(false);
  const signedOut = session.data === null && !lost;
  const setup = useQuery(trpc.setup.status.queryOptions(undefined, { enabled: signedOut }));

  useEffect(() => {
    const listener = (): void => setLost(true);
    sessionLost.addEventListener('lost', listener);
    return () => sessionLost.removeEventListener('lost', listener);
  }, []);

  useEffect(() => {
    if (!signedOut || !setup.data) return;
    const next = path === '/' ? '' : `?next=${encodeURIComponent(path + window.location.search)}`;
    router.replace(setup.data.needed ? '/setup' : `/login${next}`);
  }, [signedOut, setup.data, router, path]);

  const error = session.error ?? setup.error;
  if (error && !session.data) return <Unreachable error={error} onRetry={() => session.refetch()} />;
  if (!session.data) return null;
  return (
    <UserContext value={session.data.user}>
      {children}
      <SignInAgain
        open={lost}
        login={session.data.user.username}
        onDone={async () => {
          setLost(false);
          await queries.invalidateQueries();
        }}
      />
    </UserContext>
  );
}
