/** HTTP to one engine: JSON calls, streams and hijacked connections, all abortable. */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { addAbortSignal, type Duplex, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { apiVersion as newestApiVersion, parseLenient } from '@berth/engine-api';
import type { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { DockerError, unreachable } from './errors.ts';

export type QueryValue =
  | string
  | number
  | boolean
  | undefined
  | readonly string[]
  | Record<string, readonly string[]>;

export interface CallOptions {
  method?: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'HEAD';
  /** Below the version prefix, segments already encoded: `/containers/json`. */
  path: string;
  query?: Record<string, QueryValue>;
  body?: unknown;
  /** A body that is streamed, such as a tar. */
  input?: Readable;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Paths of `/_ping` and `/berth/v1` carry no version. */
  unversioned?: boolean;
}

export interface Hijacked {
  /** Raw bytes both ways; ending it half-closes the connection, as closing stdin means to Docker. */
  socket: Duplex;
  /** Says that output comes in Docker's frames; undefined when the engine does not say (before API 1.42). */
  multiplexed: boolean | undefined;
}

/** Answers that are collected in memory are at most this big. */
const maxJsonBytes = 256 << 20;
const connectTimeoutMs = 10_000;

export class Transport {
  readonly endpoint: Endpoint;
  readonly #agent: http.Agent;
  #apiVersion: Promise<string> | undefined;
  readonly #fixedApiVersion: string | undefined;

  constructor(endpoint: Endpoint, apiVersion: string | undefined) {
    this.endpoint = endpoint;
    this.#fixedApiVersion = apiVersion;
    this.#agent =
      endpoint.kind === 'tcp' && endpoint.tls !== undefined
        ? new https.Agent({
            keepAlive: true,
            rejectUnauthorized: endpoint.tls.insecure !== true,
            ...(endpoint.tls.ca === undefined ? {} : { ca: endpoint.tls.ca }),
            ...(endpoint.tls.cert === undefined ? {} : { cert: endpoint.tls.cert }),
            ...(endpoint.tls.key === undefined ? {} : { key: endpoint.tls.key }),
            ...(endpoint.tls.serverName === undefined ? {} : { servername: endpoint.tls.serverName }),
          })
        : new http.Agent({ keepAlive: true });
  }

  /** Closes idle connections; streams in progress end by their own signals. */
  close(): void {
    this.#agent.destroy();
  }

  /** The version both sides speak: the fixed one, or the older of ours and the engine's. */
  apiVersion(): Promise<string> {
    if (this.#fixedApiVersion !== undefined) return Promise.resolve(this.#fixedApiVersion);
    this.#apiVersion ??= this.#negotiate().catch((error: unknown) => {
      this.#apiVersion = undefined;
      throw error;
    });
    return this.#apiVersion;
  }

  async #negotiate(): Promise<string> {
    const response = await this.stream({ path: '/_ping', unversioned: true });
    response.resume();
    const offered = header(response, 'api-version');
    return offered !== undefined ? olderVersion(offered, newestApiVersion) : newestApiVersion;
  }

  /** @throws DockerError when the call fails or the answer lacks what is indispensable */
  async json<S extends z.ZodType>(schema: S, options: CallOptions): Promise<z.output<S>> {
    const response = await this.stream(options);
    const value = parseJson(await collect(response), options.path);
    const parsed = parseLenient(schema, value);
    if (parsed === undefined) throw new DockerError(`unexpected answer of the engine to ${options.path}`);
    return parsed;
  }

  /** A call whose answer does not matter beyond success; 304 (already so) is success. */
  async run(options: CallOptions): Promise<void> {
    const response = await this.stream(options);
    response.resume();
  }

  /** The open answer; its body must be read or destroyed. */
  async stream(options: CallOptions): Promise<IncomingMessage> {
    const { request, answered } = await this.#send(options, false);
    try {
      const answer = await answered;
      if (answer.response === undefined) throw new DockerError('the engine changed protocols unasked');
      return answer.response;
    } finally {
      request.removeAllListeners('upgrade');
    }
  }

  /** The body of an open answer; a connection that breaks is a DockerError, an abort the signal's reason. */
  async *bytes(
    response: IncomingMessage,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Buffer, void, undefined> {
    try {
      yield* response as AsyncIterable<Buffer>;
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : unreachable(this.endpoint.display, error);
    }
  }

  /** Turns the connection into a byte pipe (attach, exec start). */
  async hijack(options: CallOptions): Promise<Hijacked> {
    const { answered } = await this.#send(options, true);
    const { socket, response, contentType } = await answered;
    if (socket === undefined) {
      response?.destroy();
      throw new DockerError('the engine did not open a stream');
    }
    if (options.signal !== undefined) addAbortSignal(options.signal, socket);
    const known = /vnd\.docker\.(multiplexed|raw)-stream/.exec(contentType)?.[1];
    // Before 1.42 engines answer raw-stream whatever they send.
    const tells = known === 'multiplexed' || isAtLeast(await this.apiVersion(), '1.42');
    return { socket, multiplexed: tells && known !== undefined ? known === 'multiplexed' : undefined };
  }

  async #send(options: CallOptions, upgrade: boolean) {
    const version = options.unversioned === true ? '' : `/v${await this.apiVersion()}`;
    options.signal?.throwIfAborted();
    const body = options.body === undefined ? undefined : Buffer.from(JSON.stringify(options.body));
    const request = (this.#agent instanceof https.Agent ? https : http).request({
      agent: this.#agent,
      method: options.method ?? 'GET',
      path: `${version}${options.path}${queryString(options.query)}`,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
        ...(upgrade ? { connection: 'Upgrade', upgrade: 'tcp' } : {}),
        ...options.headers,
      },
      ...(this.endpoint.kind === 'unix'
        ? { socketPath: this.endpoint.socketPath, host: 'localhost' }
        : { host: this.endpoint.host, port: this.endpoint.port }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const answered = this.#answer(request, options.signal);
    if (options.input === undefined) request.end(body);
    // The answer tells what went wrong; an upload that breaks because of it is only its echo.
    else pipeline(options.input, request).catch((error: unknown) => request.destroy(asError(error)));
    return { request, answered };
  }

  #answer(request: http.ClientRequest, signal: AbortSignal | undefined) {
    type Answer = { response?: IncomingMessage; socket?: Duplex; contentType: string };
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const connectTimer = setTimeout(() => {
      request.destroy(Object.assign(new Error('connecting timed out'), { code: 'ETIMEDOUT' }));
    }, connectTimeoutMs);
    const connected = () => clearTimeout(connectTimer);
    request.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', connected);
      else connected();
    });
    request.on('error', (error) => {
      connected();
      reject(signal?.aborted === true ? signal.reason : unreachable(this.endpoint.display, error));
    });
    request.once('upgrade', (response, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve({ socket, contentType: response.headers['content-type'] ?? '' });
    });
    request.once('response', (response) => {
      const status = response.statusCode ?? 0;
      if (status < 400) resolve({ response, contentType: response.headers['content-type'] ?? '' });
      else refusal(response, status).then(reject, reject);
    });
    return promise;
  }
}

export function header(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function refusal(response: IncomingMessage, status: number): Promise<DockerError> {
  const body = await collect(response);
  let message = body.toString().trim();
  try {
    const parsed: unknown = JSON.parse(message);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed)
      message = String(parsed.message);
  } catch {
    // A proxy or a foreign engine answered in plain text; that text is the message.
  }
  return new DockerError(message === '' ? `the engine answered with status ${status}` : message, { status });
}

async function collect(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxJsonBytes) throw new DockerError('the answer of the engine is too big');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseJson(body: Buffer, path: string): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new DockerError(`the engine's answer to ${path} is not JSON`, { cause });
  }
}

function queryString(query: Record<string, QueryValue> | undefined): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    if (Array.isArray(value)) for (const item of value) parameters.append(name, item);
    else parameters.append(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

export const isAtLeast = (version: string, minimum: string): boolean =>
  compareVersions(version, minimum) >= 0;

const olderVersion = (a: string, b: string): string => (compareVersions(a, b) <= 0 ? a : b);

function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
