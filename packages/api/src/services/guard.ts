/** Who may do what: the one place every procedure, route and socket asks. */
import type { ApiConfig } from '../config.ts';
import type { RequestFacts } from '../context.ts';
import { ConsoleError } from '../lib/errors.ts';
import type { UserInfo } from '../schemas/system.ts';
import type { AuthService } from './auth.ts';

export interface SessionInfo {
  id: string;
  user: UserInfo;
  expiresAtMs: number;
}

export interface Guard {
  /** Throws `forbidden` (reason `origin`) for a foreign origin, or a missing one where `required`. */
  checkOrigin(request: RequestFacts, options: { required: boolean }): void;
  /** The living session of the request's cookie, or `null`. Cookies of a prolonged session go to `setCookie`. */
  session(request: RequestFacts, setCookie?: (cookie: string) => void): Promise<SessionInfo | null>;
  /** Origin and session in one: what sockets and plain routes call. Throws. */
  authorise(request: RequestFacts, options: { originRequired: boolean }): Promise<SessionInfo>;
  /** Calls back when the session ends (sign-out, password change, expiry). Returns the way to stop listening. */
  onEnd(session: SessionInfo, callback: (why: 'ended' | 'renewed') => void): () => void;
}

/** One session, or all of a user's; `renewedId` is the one that goes on under a new cookie. */
export type EndedSessions = { sessionId: string } | { userId: string; renewedId: string };

export interface SessionEnds {
  ended(which: EndedSessions): void;
}

interface Listener {
  session: SessionInfo;
  callback: (why: 'ended' | 'renewed') => void;
}

/** A page asks for many things at once; one database read answers them all. */
const CACHE_MS = 5_000;
const CACHE_ENTRIES = 1_000;
/** Longest delay setTimeout takes. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** `lookup` comes later because better-auth needs `ended` first. */
export function createGuard(
  config: Pick<ApiConfig, 'origins'>,
  auth: () => Pick<AuthService, 'lookup' | 'cookieName'>,
): Guard & SessionEnds {
  const cache = new Map<string, { session: SessionInfo; untilMs: number }>();
  const listeners = new Set<Listener>();
  let endings = 0;

  const guard: Guard & SessionEnds = {
    checkOrigin(request, { required }) {
      if (request.fetchSite === 'cross-site') throw foreignOrigin(request.origin ?? 'another site', request);
      if (request.origin === null) {
        if (required) throw missingOrigin();
        return;
      }
      const own = `${request.scheme}://${request.host}`;
      if (request.origin !== own && !config.origins.includes(request.origin))
        throw foreignOrigin(request.origin, request);
    },

    async session(request, setCookie) {
      const cookie = sessionCookie(request, auth().cookieName);
      if (cookie === undefined) return null;
      const cached = cache.get(cookie);
      if (cached && cached.untilMs > Date.now()) return cached.session;
      cache.delete(cookie);
      let found: Awaited<ReturnType<AuthService['lookup']>>;
      let seen: number;
      do {
        // A session that ended while it was read must be neither returned nor remembered.
        seen = endings;
        found = await auth().lookup(request);
      } while (seen !== endings);
      if (!found) return null;
      if (setCookie) for (const fresh of found.cookies) setCookie(fresh);
      cache.set(cookie, {
        session: found.session,
        untilMs: Math.min(Date.now() + CACHE_MS, found.session.expiresAtMs),
      });
      if (cache.size > CACHE_ENTRIES) cache.delete(cache.keys().next().value ?? cookie);
      return found.session;
    },

    async authorise(request, { originRequired }) {
      guard.checkOrigin(request, { required: originRequired });
      const session = await guard.session(request);
      if (!session) throw new ConsoleError('unauthorized', 'Sign in to go on.');
      return session;
    },

    onEnd(session, callback) {
      const listener = { session, callback };
      listeners.add(listener);
      const delayMs = Math.min(Math.max(0, session.expiresAtMs - Date.now()), MAX_TIMEOUT_MS);
      const timer = setTimeout(callback, delayMs, 'ended');
      timer.unref();
      return () => {
        clearTimeout(timer);
        listeners.delete(listener);
      };
    },

    ended(which) {
      endings++;
      cache.clear();
      for (const listener of [...listeners]) {
        const { session, callback } = listener;
        const isMeant =
          'sessionId' in which ? session.id === which.sessionId : session.user.id === which.userId;
        if (isMeant) callback('renewedId' in which && session.id === which.renewedId ? 'renewed' : 'ended');
      }
    },
  };
  return guard;
}

function sessionCookie(request: RequestFacts, name: string): string | undefined {
  for (const part of (request.headers.get('cookie') ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}

const missingOrigin = () =>
  new ConsoleError('forbidden', 'The request says no Origin, so it cannot be told from a forged one.', {
    reason: 'origin',
  });

const foreignOrigin = (origin: string, request: RequestFacts) =>
  new ConsoleError(
    'forbidden',
    `This page was opened at ${origin}, but the server is reached as ${request.scheme}://${request.host}. ` +
      `If ${origin} is right, set BERTH_ORIGIN=${origin}, or name your proxy in BERTH_TRUSTED_PROXIES.`,
    { reason: 'origin' },
  );
