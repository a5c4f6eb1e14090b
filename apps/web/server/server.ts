/** One HTTP server for pages, API and WebSockets. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ApiServer, Logger } from '@berth/api';
import { contentSecurityPolicy, setSecurityHeaders } from './headers.ts';

/** What Next gives a custom server. */
export interface Pages {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Only the development server has WebSockets of its own. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
}

export interface ConsoleServerOptions {
  api: ApiServer;
  pages: Pages;
  host: string;
  port: number;
  dev: boolean;
  logger: Logger;
}

export interface ConsoleServer {
  readonly port: number;
  close(): Promise<void>;
}

/** What a browser may have without a session: the two pages that lead to one, and files without secrets. */
const PUBLIC = /^\/(login|setup)\/?$|^\/_next\/(?!image)|^\/[\w-]+\.(js|ico|svg|png|txt|webmanifest)$/;

/** Beyond uploads, no request body takes this long. */
const BODY_WITHIN_MS = 60_000;
const UPLOAD = /^\/api\/environments\/[^/]+\/images\/load$/;

export async function startConsoleServer(options: ConsoleServerOptions): Promise<ConsoleServer> {
  const { api, pages, logger } = options;
  // Other upgrades, such as h2c, are offers a server may ignore.
  const shouldUpgradeCallback = ({ headers }: IncomingMessage) => /^websocket$/i.test(headers.upgrade ?? '');
  const server = createServer({ shouldUpgradeCallback }, (request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      logger.error({ path: request.url, err: error }, 'unexpected error');
      if (!response.headersSent) response.writeHead(500).end('Something unexpected went wrong.');
      else response.destroy();
    });
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', (error) => logger.debug({ err: error }, 'socket broke'));
    upgrade(request, socket, head).catch((error: unknown) => {
      logger.error({ path: request.url, err: error }, 'unexpected error');
      socket.destroy();
    });
  });
  // Uploads of images take as long as they take; slow headers are cut off by Node's own limit, slow bodies below.
  server.requestTimeout = 0;
  await listen(server, options);

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (await api.upgrade(request, socket, head)) return;
    if (pages.upgrade) await pages.upgrade(request, socket, head);
    else {
      // Nobody else closes a connection that HTTP has let go of.
      socket.once('finish', () => socket.destroy());
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    }
  }

  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await api.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { api, pages, dev }: ConsoleServerOptions,
): Promise<void> {
  setSecurityHeaders(response);
  const path = pathOf(request);
  if (path === undefined) {
    response.writeHead(400, { connection: 'close' }).end('The address is not well formed.');
    return;
  }
  if (!UPLOAD.test(path)) limitBodyTime(request, response);
  if (path.startsWith('/api/')) return await api.handle(request, response);
  if (!PUBLIC.test(path) && !(await api.session(request))) return await leadAway(request, response, api);
  const policy = contentSecurityPolicy({ nonce: randomBytes(16).toString('base64'), dev });
  // Next reads the nonce from the request and puts it on the scripts it writes.
  request.headers['content-security-policy'] = policy;
  response.setHeader('content-security-policy', policy);
  await pages.handle(request, response);
}

/** Only paths of this server: `//host/…`, `/\\host/…` and whole URLs could mean another to the one who reads them next. */
function pathOf({ url = '/' }: IncomingMessage): string | undefined {
  if (!/^\/(?![/\\])/.test(url) && url !== '/') return undefined;
  return URL.canParse(url, 'http://console') ? new URL(url, 'http://console').pathname : undefined;
}

function limitBodyTime(request: IncomingMessage, response: ServerResponse): void {
  const timer = setTimeout(() => {
    if (!request.complete) request.destroy();
  }, BODY_WITHIN_MS);
  timer.unref();
  response.once('close', () => clearTimeout(timer));
}

/** To sign-in, and back to where the visitor wanted to go; to set-up while there is nobody to sign in as. */
async function leadAway(request: IncomingMessage, response: ServerResponse, api: ApiServer): Promise<void> {
  const wanted = request.url ?? '/';
  const next = request.method === 'GET' && wanted !== '/' ? `?next=${encodeURIComponent(wanted)}` : '';
  const location = (await api.setupNeeded()) ? '/setup' : `/login${next}`;
  response.writeHead(307, { location, 'cache-control': 'no-store' }).end();
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, () => {
    server.off('error', reject);
    resolve();
  });
  return promise;
}
