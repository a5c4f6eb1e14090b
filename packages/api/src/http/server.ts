/** The API's half of the server: `/api/…` requests and WebSocket upgrades. Pages are the app's business. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Context, RequestFacts } from '../context.ts';
import { ConsoleError, statusOf } from '../lib/errors.ts';
import { appRouter } from '../router.ts';
import { CLOSE_RESTART, CLOSE_UNAUTHORIZED, TERMINAL_PATH } from '../schemas/terminal.ts';
import { asConsoleError } from '../services/error-map.ts';
import type { SessionInfo } from '../services/guard.ts';
import { createServices, type ServicesOptions } from '../services/index.ts';
import { serveTerminal } from '../terminal/socket.ts';
import { createFactsReader } from './request-facts.ts';
import { parsePath, routes, sendJson } from './routes.ts';

export interface ApiServer {
  /** Answers a request under `/api/`. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Takes a WebSocket; `false` when the path is not one of ours. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<boolean>;
  /** The session of a page request. */
  session(request: IncomingMessage): Promise<SessionInfo | null>;
  setupNeeded(): Promise<boolean>;
  /** To print; `undefined` when an administrator exists. */
  readonly setupCode: string | undefined;
  /** Closes sockets, ends terminals and jobs, then the database. */
  close(): Promise<void>;
}

const TRPC_PATH = '/api/trpc';
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** A subscription pauses while this much waits to be sent. */
const MAX_UNSENT_BYTES = 256 * 1024;

export async function createApiServer(options: ServicesOptions): Promise<ApiServer> {
  const { config, logger } = options;
  const facts = createFactsReader(config);
  const joined = await createServices(options);
  const { services, terminals, environments, sockets } = joined;
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  const serveRpc = getWSConnectionHandler({
    wss,
    router: appRouter,
    createContext: ({ req }) => webSocketContext(req),
    keepAlive: { enabled: true, pingMs: 30_000, pongWaitMs: 10_000 },
  });

  const webSocketContext = (request: IncomingMessage): Context => ({
    services,
    request: facts(request),
    transport: 'ws',
    setCookie: () => {},
    drained: async (signal) => {
      const { socket } = request;
      // ws writes straight to the TCP socket, so its buffer is the whole queue.
      if (socket.writableLength < MAX_UNSENT_BYTES || signal.aborted) return;
      await once(socket, 'drain', { signal }).catch(() => undefined);
    },
  });

  async function handleRpc(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    await nodeHTTPRequestHandler({
      router: appRouter,
      req: request,
      res: response,
      path,
      maxBodySize: MAX_BODY_BYTES,
      createContext: (): Context => ({
        services,
        request: facts(request),
        transport: 'http',
        setCookie: (cookie) => response.appendHeader('set-cookie', cookie),
        drained: () => Promise.resolve(),
      }),
    });
  }

  async function handleRoute(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const known = facts(request);
    for (const route of routes) {
      if (!route.pattern.test(url.pathname)) continue;
      if (route.method !== request.method) {
        response.setHeader('allow', route.method);
        return sendJson(response, 405, { message: `Use ${route.method}.` });
      }
      const session = await services.guard.authorise(known, { originRequired: route.changes });
      const parsed = parsePath(route, url.pathname);
      if (parsed)
        return await route.run({ request, response, url, facts: known, session, ...parsed }, joined);
    }
    sendJson(response, 404, { message: 'There is nothing at this address.' });
  }

  return {
    setupCode: joined.setupCode,
    setupNeeded: () => services.auth.setupNeeded(),
    session: (request) => services.guard.session(facts(request)),

    async handle(request, response) {
      const url = new URL(request.url ?? '/', 'http://console');
      try {
        if (url.pathname === '/api/health') sendJson(response, 200, { ok: true });
        else if (url.pathname.startsWith(`${TRPC_PATH}/`))
          await handleRpc(request, response, url.pathname.slice(TRPC_PATH.length + 1));
        else await handleRoute(request, response, url);
      } catch (error) {
        const expected = asConsoleError(error);
        if (!expected && !response.destroyed)
          logger.error({ path: url.pathname, err: error }, 'unexpected error');
        if (response.headersSent) response.destroy();
        else if (expected)
          sendJson(response, statusOf[expected.kind], { message: expected.message, reason: expected.reason });
        else
          sendJson(response, 500, { message: 'Something unexpected went wrong. The server’s log has more.' });
      }
    },

    async upgrade(request, socket, head) {
      const path = (request.url ?? '/').split('?', 1)[0];
      if (path !== TRPC_PATH && path !== TERMINAL_PATH) return false;
      const known = facts(request);
      socket.on('error', (error) => logger.debug({ err: error }, 'socket broke'));
      try {
        const session = await services.guard.authorise(known, { originRequired: true });
        wss.handleUpgrade(request, socket, head, (webSocket) => {
          sockets.add(webSocket, known);
          if (path === TERMINAL_PATH) openTerminal(webSocket, socket, known, session);
          else openRpc(webSocket, request, session);
        });
      } catch (error) {
        refuse(socket, error);
      }
      return true;
    },

    async close() {
      await sockets.closeAll(CLOSE_RESTART, 'The console is stopping.');
      await services.close();
    },
  };

  function openTerminal(
    webSocket: WebSocket,
    socket: Duplex,
    known: RequestFacts,
    session: SessionInfo,
  ): void {
    if (!(socket instanceof Socket)) {
      webSocket.terminate();
      return;
    }
    const { guard, audit } = services;
    serveTerminal(webSocket, socket, known, session, {
      terminals,
      guard,
      audit,
      clientOf: environments.client,
      logger,
    });
  }

  function openRpc(webSocket: WebSocket, request: IncomingMessage, session: SessionInfo): void {
    const forget = services.guard.onEnd(session, (why) =>
      why === 'renewed'
        ? webSocket.close(CLOSE_RESTART, 'The session was renewed.')
        : webSocket.close(CLOSE_UNAUTHORIZED, 'The session ended.'),
    );
    webSocket.once('close', forget);
    serveRpc(webSocket, request);
  }
}

/** A plain HTTP answer instead of the upgrade. */
function refuse(socket: Duplex, error: unknown): void {
  const expected = error instanceof ConsoleError ? error : undefined;
  const status = expected ? statusOf[expected.kind] : 500;
  const body = JSON.stringify({ message: expected?.message ?? 'Something unexpected went wrong.' });
  // A refused client could otherwise keep its half of the connection open for ever.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
