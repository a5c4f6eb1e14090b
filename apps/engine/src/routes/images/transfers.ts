/** Images on the move: pull, import, load, save. */
import type { Readable } from 'node:stream';
import type { ImagesBackend } from '@berth/engine';
import { invalidParameter, parseRequest, RegistryAuthConfig } from '@berth/engine-api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { clientGone } from '../../http/abort.ts';
import { Query } from '../../http/query.ts';
import { streamProgress } from '../../http/stream-reply.ts';
import { later } from '../missing.ts';

type Auth = NonNullable<Parameters<ImagesBackend['pull']>[1]['auth']>;

export function registerTransfers(app: FastifyInstance, images: ImagesBackend): void {
  app.post('/images/create', (request, reply) => {
    const query = new Query(request);
    const fromImage = query.text('fromImage');
    if (fromImage !== undefined) return pull(request, reply, images);
    const source = query.text('fromSrc');
    if (source === undefined) throw invalidParameter('one of "fromImage" and "fromSrc" is needed');
    if (source !== '-') throw later('importing an image from a URL');
    return importArchive(request, reply, images);
  });
  app.post('/images/load', (request, reply) => {
    const quiet = new Query(request).flag('quiet');
    const signal = clientGone(reply.raw);
    return streamProgress(reply, (onProgress) => images.load(request.raw, { signal, onProgress }), { quiet });
  });
  app.get('/images/get', (request, reply) => {
    const names = new Query(request).texts('names').flatMap((value) => value.split(','));
    if (names.length === 0) throw invalidParameter('no images are named: use the query parameter "names"');
    return sendArchive(reply, images, names);
  });
}

/** A tar as the answer; what fails before its first byte gets its own status. */
export async function sendArchive(
  reply: FastifyReply,
  images: ImagesBackend,
  names: string[],
): Promise<void> {
  const response = reply.raw;
  const signal = clientGone(response);
  response.setHeader('Content-Type', 'application/x-tar');
  try {
    await images.save(names, response, { signal });
  } catch (error) {
    if (!response.headersSent && !signal.aborted) {
      response.removeHeader('Content-Type');
      throw error;
    }
    if (!signal.aborted) reply.server.reportUnexpected(error, reply.request);
    response.destroy();
  }
  reply.hijack();
  response.end();
}

function pull(request: FastifyRequest, reply: FastifyReply, images: ImagesBackend): Promise<void> {
  const query = new Query(request);
  const reference = withTag(query.text('fromImage') ?? '', query.text('tag'));
  const platform = query.text('platform');
  const auth = registryAuth(request);
  const signal = clientGone(reply.raw);
  return streamProgress(reply, async (onProgress) => {
    await images.pull(reference, {
      signal,
      onProgress,
      ...(platform === undefined ? {} : { platform }),
      ...(auth === undefined ? {} : { auth }),
    });
  });
}

function importArchive(request: FastifyRequest, reply: FastifyReply, images: ImagesBackend): Promise<void> {
  const query = new Query(request);
  const archive: Readable = request.raw;
  const signal = clientGone(reply.raw);
  const options = {
    repository: query.text('repo'),
    tag: query.text('tag'),
    message: query.text('message'),
    platform: query.text('platform'),
  };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return streamProgress(reply, async (onProgress) => {
    const status = await images.import(archive, { ...given, changes: query.texts('changes'), signal });
    onProgress({ status });
  });
}

/** `tag` is a tag or a digest. */
function withTag(name: string, tag: string | undefined): string {
  if (tag === undefined) return name;
  return `${name}${tag.includes(':') ? '@' : ':'}${tag}`;
}

/** @throws invalidParameter when the header does not decode; an empty one means no login */
function registryAuth(request: FastifyRequest): Auth | undefined {
  const header = request.headers['x-registry-auth'];
  if (typeof header !== 'string' || header === '') return undefined;
  const {
    auth,
    email: _email,
    ...fields
  } = parseRequest(RegistryAuthConfig, decode(header), 'X-Registry-Auth header');
  const [username, password] = auth === undefined ? [] : splitCredentials(auth);
  const all = { username, password, ...fields };
  const given = Object.entries(all).filter(([, value]) => value !== undefined && value !== '');
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function decode(header: string): unknown {
  try {
    return JSON.parse(Buffer.from(header, 'base64url').toString()) ?? {};
  } catch (cause) {
    throw invalidParameter('invalid X-Registry-Auth header: it is not base64url-encoded JSON', { cause });
  }
}

function splitCredentials(auth: string): [string, string] | [] {
  const text = Buffer.from(auth, 'base64').toString();
  const colon = text.indexOf(':');
  return colon === -1 ? [] : [text.slice(0, colon), text.slice(colon + 1)];
}
