/** The whole API on a loopback port with a fake engine behind it, and a client that keeps cookies. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import superjson from 'superjson';
import { WebSocket } from 'ws';
import type { ApiConfig } from '../config.ts';
import { type ApiServer, createApiServer } from '../http/server.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';

export const SETUP_CODE = 'ABCDE-FGHJK';
export const PASSWORD = 'correct horse battery';

export interface Answer {
  status: number;
  /** `undefined` when the call failed. */
  data: unknown;
  message: string;
  reason: string | null;
  fields: { path: string }[] | null;
}

export interface TestConsole extends AsyncDisposable {
  readonly api: ApiServer;
  readonly engine: FakeEngine;
  readonly base: string;
  /** Moves the throttle's clock. */
  passS(seconds: number): void;
  browser(): Browser;
}

export interface Browser {
  cookie: string;
  /** `null` sends none. */
  origin: string | null;
  query(path: string, input?: unknown): Promise<Answer>;
  mutate(path: string, input?: unknown): Promise<Answer>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Resolves with the open socket, or the HTTP status it was refused with. */
  socket(path: string): Promise<WebSocket | number>;
  /** Creates the administrator and is signed in. */
  setUp(): Promise<void>;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export async function startConsole(
  options: { config?: Partial<ApiConfig>; terminalGraceMs?: number } = {},
): Promise<TestConsole> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'berth-api-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const engine = undo.use(await startFakeEngine(join(folder, 'engine.sock')));
  let nowMs = Date.now();
  const api = await createApiServer({
    config: {
      dataDir: join(folder, 'data'),
      engine: engine.endpoint,
      listen: { host: '127.0.0.1', port: 1 },
      origins: [],
      trustedProxies: [],
      setupCode: SETUP_CODE,
      ...options.config,
    },
    logger: silent,
    now: () => nowMs,
    ...(options.terminalGraceMs === undefined ? {} : { terminalGraceMs: options.terminalGraceMs }),
  });
  undo.defer(() => api.close());
  const server = await listen(api);
  undo.defer(() => stop(server));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const resources = undo.move();
  return {
    api,
    engine,
    base,
    passS: (seconds) => {
      nowMs += seconds * 1000;
    },
    browser: () => createBrowser(base),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function listen(api: ApiServer): Promise<Server> {
  const server = createServer((request, response) => void api.handle(request, response));
  server.on('upgrade', (request, socket, head) => {
    void api.upgrade(request, socket, head).then((taken) => taken || socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function createBrowser(base: string): Browser {
  const browser: Browser = {
    cookie: '',
    origin: base,
    query: (path, input) => call(path, 'GET', input),
    mutate: (path, input) => call(path, 'POST', input),
    async fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      if (browser.cookie !== '') headers.set('cookie', browser.cookie);
      if (browser.origin !== null) headers.set('origin', browser.origin);
      const response = await fetch(`${base}${path}`, { ...init, headers });
      const set = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
      if (set.length > 0) browser.cookie = set.filter((cookie) => !cookie.endsWith('=')).join('; ');
      return response;
    },
    socket: (path) => openSocket(`${base.replace('http', 'ws')}${path}`, browser),
    async setUp() {
      await browser.mutate('setup.createAdmin', { code: SETUP_CODE, username: 'Ada', password: PASSWORD });
    },
  };

  async function call(path: string, method: 'GET' | 'POST', input: unknown): Promise<Answer> {
    const body = JSON.stringify(superjson.serialize(input));
    const response =
      method === 'GET'
        ? await browser.fetch(`/api/trpc/${path}?input=${encodeURIComponent(body)}`)
        : await browser.fetch(`/api/trpc/${path}`, {
            method,
            body,
            headers: { 'content-type': 'application/json' },
          });
    return parseAnswer(response.status, (await response.json()) as Wire);
  }
  return browser;
}

interface Wire {
  result?: { data?: { json: unknown } };
  error?: { json: { message: string; data: { reason: string | null; fields: { path: string }[] | null } } };
}

function parseAnswer(status: number, wire: Wire): Answer {
  const { message = '', data } = wire.error?.json ?? {};
  return {
    status,
    data: wire.result?.data?.json,
    message,
    reason: data?.reason ?? null,
    fields: data?.fields ?? null,
  };
}

function openSocket(url: string, { cookie, origin }: Browser): Promise<WebSocket | number> {
  const socket = new WebSocket(url, { headers: { cookie, ...(origin === null ? {} : { origin }) } });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.once('error', reject);
  });
}
