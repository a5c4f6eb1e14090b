/** A berthd without an engine behind it: the HTTP edge on a socket in a temporary directory. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import net, { type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Engine } from '@berth/engine';
import { listen } from '../daemon/listen.ts';
import { createApiServer } from '../http/server.ts';

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
  json: () => unknown;
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
}

export interface TestServer extends AsyncDisposable {
  readonly socketPath: string;
  /** What the server logged as errors. */
  readonly errors: object[];
  call(method: string, url: string, options?: CallOptions): Promise<Answer>;
  /** The open answer, for streams. */
  open(method: string, url: string): Promise<IncomingMessage>;
  /** A plain connection, for bytes below HTTP. */
  connect(): Promise<Socket>;
}

const settings = {
  hosts: [],
  group: undefined,
  tls: undefined,
  tlsverify: undefined,
  tlscacert: undefined,
  tlscert: undefined,
  tlskey: undefined,
};

export async function startTestServer(engine: Engine): Promise<TestServer> {
  const directory = await mkdtemp(path.join(tmpdir(), 'berth-http-'));
  const socketPath = path.join(directory, 'api.sock');
  const errors: object[] = [];
  const ignore = () => undefined;
  const logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fields: object) => errors.push(fields),
  };
  const api = await createApiServer({ engine, logger, version: '0.1.0' });
  const listener = await listen(`unix://${socketPath}`, settings, api);
  return {
    socketPath,
    errors,
    call: (method, url, options) => call(socketPath, method, url, options),
    open: async (method, url) => {
      const request = http.request({ socketPath, method, path: url }).end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      return response;
    },
    connect: async () => {
      const socket = net.connect({ path: socketPath, allowHalfOpen: true });
      await once(socket, 'connect');
      return socket;
    },
    [Symbol.asyncDispose]: async () => {
      await listener[Symbol.asyncDispose]();
      await api.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function call(
  socketPath: string,
  method: string,
  url: string,
  options: CallOptions = {},
): Promise<Answer> {
  const isJson = typeof options.body === 'object';
  const request = http.request({
    socketPath,
    method,
    path: url,
    headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...options.headers },
  });
  // An answer may come before the whole body is sent, and then the client breaks the connection.
  const answered = once(request, 'response');
  request.on('error', () => undefined);
  request.end(isJson ? JSON.stringify(options.body) : options.body);
  const [response] = (await answered) as [IncomingMessage];
  const text = Buffer.concat(await response.toArray()).toString();
  return { status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) };
}
