'use client';
import type { AppRouter } from '@berth/api';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpLink,
  splitLink,
  TRPCClientError,
  type TRPCLink,
  wsLink,
} from '@trpc/client';
import { tap } from '@trpc/server/observable';
import { createTRPCContext } from '@trpc/tanstack-react-query';
import { type ReactNode, useState } from 'react';
import superjson from 'superjson';
import { reasonOf } from './errors.ts';

export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();
export type ApiClient = ReturnType<typeof createTRPCClient<AppRouter>>;

/** Heard by the session gate: the server no longer knows this session. */
export const sessionLost = new EventTarget();
/** Close code of our sockets when the session ended. */
const closedUnauthorised = 4401;

/** Where the API is, seen from the page: behind any proxy, under http or https. */
export function socketUrl(path: string): string {
  const { protocol, host } = window.location;
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${path}`;
}

/** The socket is opened by the first subscription and closed some seconds after the last one ends. */
function createSocket() {
  return createWSClient({
    url: () => socketUrl('/api/trpc'),
    lazy: { enabled: true, closeMs: 5_000 },
    keepAlive: { enabled: true, intervalMs: 20_000, pongTimeoutMs: 5_000 },
    retryDelayMs: (attempt) => Math.min(10_000, 300 * 2 ** attempt),
    onClose: (cause) => {
      if (cause?.code === closedUnauthorised) sessionLost.dispatchEvent(new Event('lost'));
    },
  });
}

export type ApiSocket = ReturnType<typeof createSocket>;
let socket: ApiSocket | undefined;

/** The page's one socket to the API. */
export function apiSocket(): ApiSocket {
  socket ??= createSocket();
  return socket;
}

/** Every answer passes here, however it was asked for: one that says “sign in” is told to the session gate. */
const noticeLostSession: TRPCLink<AppRouter> =
  () =>
  ({ next, op }) =>
    next(op).pipe(
      tap({
        error: (error) => {
          if (reasonOf(error) === 'signed-out') sessionLost.dispatchEvent(new Event('lost'));
        },
      }),
    );

function createApi(): ApiClient {
  return createTRPCClient<AppRouter>({
    links: [
      noticeLostSession,
      splitLink({
        condition: (operation) => operation.type === 'subscription',
        true: (runtime) => wsLink<AppRouter>({ client: apiSocket(), transformer: superjson })(runtime),
        // A batch is answered when its slowest question is; those that may take long go by themselves.
        false: splitLink({
          condition: (operation) => operation.context.skipBatch === true,
          true: httpLink({ url: '/api/trpc', transformer: superjson }),
          false: httpBatchLink({ url: '/api/trpc', transformer: superjson, maxURLLength: 4_000 }),
        }),
      }),
    ],
  });
}

function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // A page that is opened shows what it knew and asks again: nobody told it what happened meanwhile.
        staleTime: 0,
        retry: (failures, error) => failures < 1 && !(error instanceof TRPCClientError && error.data),
        refetchOnWindowFocus: true,
      },
    },
  });
}

export function ApiProvider({ children }: { children: ReactNode }) {
  const [queries] = useState(createQueries);
  const [api] = useState(createApi);
  return (
    <QueryClientProvider client={queries}>
      <TRPCProvider trpcClient={api} queryClient={queries}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  );
}
