/** Plain HTTP for the registry client: time limits, bounded bodies, redirects that do not carry credentials away. */
import type { Readable } from 'node:stream';
import { EngineError, unavailable } from '@berth/engine-api';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';

export interface HttpResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Readable;
  url: URL;
}

export interface HttpRequest {
  url: URL;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  /** Sent to the origin of `url` only. */
  authorization?: string | undefined;
  signal: AbortSignal;
}

export interface HttpOptions {
  /** Take any certificate and allow redirects to plain HTTP. */
  insecure: boolean;
}

/** The other side could not be reached or did not speak HTTP; trying elsewhere or again may help. */
export class ConnectionError extends EngineError {
  constructor(method: string, url: URL, cause: unknown) {
    super('unavailable', `${method} "${url.origin}${url.pathname}": ${describe(cause)}`, { cause });
    this.name = 'ConnectionError';
  }
}

const maxRedirects = 10;
const timeouts = { headersTimeout: 60_000, bodyTimeout: 120_000, connect: { timeout: 15_000 } };
const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host);

const describe = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const host = 'hostname' in cause ? String(cause.hostname) : '';
    return `dial tcp: lookup ${host}: ${code === 'ENOTFOUND' ? 'no such host' : 'temporary failure in name resolution'}`;
  }
  if (code === 'ECONNREFUSED') return 'dial tcp: connect: connection refused';
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_WRONG_VERSION')) return 'the server does not speak TLS';
  return cause.message || code;
};

export class HttpClient implements AsyncDisposable {
  readonly #insecure: boolean;
  readonly #direct: Agent;
  readonly #proxied: EnvHttpProxyAgent;

  constructor({ insecure }: HttpOptions) {
    this.#insecure = insecure;
    const connect = { ...timeouts.connect, ...(insecure ? { rejectUnauthorized: false } : {}) };
    this.#direct = new Agent({ ...timeouts, connect });
    this.#proxied = new EnvHttpProxyAgent({ ...timeouts, connect });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#direct.destroy(), this.#proxied.destroy()]);
  }

  /** Follows redirects. @throws ConnectionError; every HTTP status is an answer. */
  async send(options: HttpRequest): Promise<HttpResponse> {
    const { method = 'GET', signal } = options;
    let { url, authorization } = options;
    for (let hops = 0; hops <= maxRedirects; hops++) {
      const headers = { ...options.headers, ...(authorization === undefined ? {} : { authorization }) };
      const response = await this.#once(url, method, headers, options.body, signal);
      const location = response.headers.location;
      if (response.status < 300 || response.status >= 400 || typeof location !== 'string') return response;
      response.body.resume();
      const next = this.#redirected(url, location);
      if (next.origin !== url.origin) authorization = undefined;
      url = next;
    }
    throw unavailable(`${method} "${options.url.origin}": stopped after ${maxRedirects} redirects`);
  }

  async #once(
    url: URL,
    method: Dispatcher.HttpMethod,
    headers: Record<string, string>,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const dispatcher = isLoopback(url.hostname) ? this.#direct : this.#proxied;
    try {
      const response = await request(url, { method, headers, body: body ?? null, signal, dispatcher });
      return { status: response.statusCode, headers: response.headers, body: response.body, url };
    } catch (cause) {
      signal.throwIfAborted();
      throw new ConnectionError(method === 'GET' ? 'Get' : 'Post', url, cause);
    }
  }

  #redirected(from: URL, location: string): URL {
    const next = URL.canParse(location, from) ? new URL(location, from) : undefined;
    const isHttp = next?.protocol === 'https:' || next?.protocol === 'http:';
    if (next === undefined || !isHttp)
      throw unavailable(`${from.origin} redirects to an address that is no URL`);
    if (from.protocol === 'https:' && next.protocol === 'http:' && !this.#insecure) {
      throw unavailable(`${from.origin} redirects to plain HTTP at ${next.origin}, which is refused`);
    }
    next.username = '';
    next.password = '';
    return next;
  }
}

/** The whole body. @throws unavailable when it is longer than `limit` bytes */
export const readBody = async (response: HttpResponse, limit: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit)
        throw unavailable(`the answer of ${response.url.origin} is longer than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new ConnectionError('Get', response.url, cause);
  }
  return Buffer.concat(chunks);
};
