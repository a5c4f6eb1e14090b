/** One repository of one registry: manifests and blobs, with whatever authorisation the registry asks for. */
import { setTimeout as delay } from 'node:timers/promises';
import { invalidParameter, unavailable } from '@berth/engine-api';
import * as z from 'zod';
import { type Digest, digestOf } from '../digest.ts';
import { maxManifestBytes, mediaTypes } from '../oci.ts';
import type { Reference } from '../reference.ts';
import type { RegistryAuth } from '../types.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { loginFailed, noCredentials, registryError } from './errors.ts';
import { ConnectionError, type HttpClient, type HttpResponse, readBody } from './http.ts';

export interface Endpoint {
  /** "https://registry-1.docker.io" */
  origin: string;
  insecure: boolean;
  isMirror: boolean;
}

interface ClientOptions {
  http: HttpClient;
  endpoint: Endpoint;
  reference: Reference;
  auth: RegistryAuth | undefined;
  signal: AbortSignal;
}

const manifestTypes = [
  mediaTypes.ociIndex,
  mediaTypes.ociManifest,
  mediaTypes.dockerIndex,
  mediaTypes.dockerManifest,
].join(', ');

const tokenSchema = z.object({ token: z.string().optional(), access_token: z.string().optional() });
const maxTokenBytes = 256 * 1024;
const maxAttempts = 5;
const clientId = 'berth';

const basic = (auth: RegistryAuth | undefined): string | undefined =>
  auth?.username
    ? `Basic ${Buffer.from(`${auth.username}:${auth.password ?? ''}`).toString('base64')}`
    : undefined;

export class RegistryClient {
  readonly #options: ClientOptions;
  #authorization: string | undefined;
  /** Logging in happens once for all the downloads that were refused together. */
  #login: Promise<void> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    const token = options.auth?.registrytoken;
    if (token) this.#authorization = `Bearer ${token}`;
  }

  /** @throws notFound in Docker's words */
  async manifest(target: string): Promise<{ data: Buffer; digest: Digest; mediaType: string }> {
    const response = await this.#get(`manifests/${target}`, { accept: manifestTypes });
    const data = await readBody(response, maxManifestBytes);
    const digest = digestOf(data);
    if (target.startsWith('sha256:') && digest !== target) {
      throw invalidParameter(`manifest verification failed for digest ${target}`);
    }
    const type = response.headers['content-type'];
    return { data, digest, mediaType: typeof type === 'string' ? (type.split(';', 1)[0] ?? '') : '' };
  }

  /** The bytes of a blob; goes on where it was when the connection breaks. */
  async *blob(digest: Digest, size: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    let offset = 0;
    for (let attempt = 1; offset < size || attempt === 1; ) {
      try {
        for await (const chunk of this.#blobFrom(digest, offset, signal)) {
          offset += chunk.length;
          attempt = 1;
          yield chunk;
        }
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ConnectionError) || ++attempt > maxAttempts) throw error;
        await delay(100 * 2 ** attempt, undefined, { signal });
      }
    }
  }

  async *#blobFrom(digest: Digest, offset: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    const headers = offset > 0 ? { range: `bytes=${offset}-` } : {};
    const response = await this.#get(`blobs/${digest}`, headers, signal);
    // A server that does not know ranges starts over.
    let skip = response.status === 206 ? 0 : offset;
    const chunks = (response.body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await chunks.next().catch((cause: unknown) => {
          throw new ConnectionError('Get', response.url, cause);
        });
        if (next.done) return;
        const rest = next.value.subarray(skip);
        skip -= next.value.length - rest.length;
        if (rest.length > 0) yield rest;
      }
    } finally {
      response.body.destroy();
    }
  }

  async #get(
    path: string,
    headers: Record<string, string>,
    signal = this.#options.signal,
  ): Promise<HttpResponse> {
    const { endpoint, reference, http } = this.#options;
    const url = new URL(`${endpoint.origin}/v2/${reference.path}/${path}`);
    const sent = this.#authorization;
    let response = await http.send({ url, headers, authorization: sent, signal });
    // Only the registry's own refusal is a challenge to us, not that of a server it redirected to.
    if (response.status === 401 && response.url.origin === url.origin) {
      const challenges = parseChallenges(response.headers['www-authenticate']);
      if (challenges.length > 0) {
        response.body.resume();
        if (this.#authorization === sent) await this.#loginOnce(challenges, url);
        response = await http.send({ url, headers, authorization: this.#authorization, signal });
      }
    }
    if (response.status !== 200 && response.status !== 206) throw await registryError(response, reference);
    return response;
  }

  async #loginOnce(challenges: readonly Challenge[], url: URL): Promise<void> {
    this.#login ??= this.#authorize(challenges, url).finally(() => {
      this.#login = undefined;
    });
    await this.#login;
  }

  async #authorize(challenges: readonly Challenge[], url: URL): Promise<void> {
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer !== undefined) {
      this.#authorization = `Bearer ${await this.#token(bearer)}`;
      return;
    }
    const credentials = basic(this.#options.auth);
    if (challenges.some(({ scheme }) => scheme === 'basic') && credentials === undefined)
      throw noCredentials(url);
    this.#authorization = credentials;
  }

  /** Distribution's token flow: anonymous or Basic by GET, an identity token by POST. */
  async #token({ parameters }: Challenge): Promise<string> {
    const { http, reference, auth, endpoint, signal } = this.#options;
    const realm = parameters.get('realm') ?? '';
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
      throw unavailable(`${endpoint.origin} asks for a token from "${realm.slice(0, 200)}", which is no URL`);
    }
    if (url.protocol === 'http:' && !endpoint.insecure) {
      throw unavailable(
        `${endpoint.origin} asks for credentials over plain HTTP at ${url.origin}, which is refused`,
      );
    }
    const scope = parameters.get('scope') ?? `repository:${reference.path}:pull`;
    const service = parameters.get('service') ?? '';
    let response: HttpResponse;
    if (auth?.identitytoken) {
      const form = { grant_type: 'refresh_token', service, scope, client_id: clientId };
      const body = new URLSearchParams({ ...form, refresh_token: auth.identitytoken }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      response = await http.send({ url, method: 'POST', headers, body, signal });
    } else {
      if (service !== '') url.searchParams.set('service', service);
      for (const part of scope.split(' ')) url.searchParams.append('scope', part);
      response = await http.send({ url, authorization: basic(auth), signal });
    }
    if (response.status !== 200) throw await loginFailed(response);
    const body = await readBody(response, maxTokenBytes);
    return readToken(body, url);
  }
}

const readToken = (body: Buffer, url: URL): string => {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw unavailable(`the token service ${url.origin} answered something that is no JSON`, { cause });
  }
  const { token, access_token } = tokenSchema.safeParse(value).data ?? {};
  const found = token || access_token;
  if (!found || !/^[\x21-\x7e]+$/.test(found))
    throw unavailable(`the token service ${url.origin} gave no token`);
  return found;
};
