/** Calls on images. `ref` is a reference ("busybox:1.36") or an id. */
import type { Readable } from 'node:stream';
import {
  type Filters,
  ImageDeleteItem,
  ImageHistoryItem,
  ImageInspect,
  ImageSummary,
  type ProgressLine,
  PruneReport,
  type RegistryAuthConfig,
} from '@berth/engine-api';
import { z } from 'zod';
import type { Abortable } from './containers.ts';
import { progressStream } from './json-stream.ts';
import { segment } from './path.ts';
import type { Transport } from './transport.ts';

export interface ImagesClient {
  list(options?: Abortable & { all?: boolean; filters?: Filters }): Promise<ImageSummary[]>;
  inspect(ref: string, options?: Abortable): Promise<ImageInspect>;
  history(ref: string, options?: Abortable): Promise<ImageHistoryItem[]>;
  tag(ref: string, repository: string, tag: string, options?: Abortable): Promise<void>;
  remove(
    ref: string,
    options?: Abortable & { force?: boolean; noPrune?: boolean },
  ): Promise<ImageDeleteItem[]>;
  prune(options?: Abortable & { filters?: Filters }): Promise<PruneReport>;
  /** Progress until the image is there. A reference without tag or digest means `:latest`. @throws DockerError when it fails */
  pull(
    ref: string,
    options?: Abortable & { platform?: string; auth?: RegistryAuthConfig },
  ): AsyncIterable<ProgressLine>;
  /** Loads the images of a `docker save` tar or an OCI layout. */
  load(archive: Readable, options?: Abortable): AsyncIterable<ProgressLine>;
  /** Makes an image of a root file system tar. */
  import(
    archive: Readable,
    options: Abortable & {
      repository?: string;
      tag?: string;
      message?: string;
      changes?: string[];
      platform?: string;
    },
  ): AsyncIterable<ProgressLine>;
  /** A tar of the named images, readable by `load`. */
  save(refs: readonly string[], options?: Abortable): Promise<Readable>;
}

/** Slashes of a repository stay slashes in the path. */
const at = (ref: string, action = ''): string => `/images/${ref.split('/').map(segment).join('/')}${action}`;

const tar = { 'content-type': 'application/x-tar' };

export function createImagesClient(transport: Transport): ImagesClient {
  return {
    list: ({ all, filters, signal } = {}) =>
      transport.json(z.array(ImageSummary), { path: '/images/json', query: { all, filters }, signal }),
    inspect: (ref, { signal } = {}) => transport.json(ImageInspect, { path: at(ref, '/json'), signal }),
    history: (ref, { signal } = {}) =>
      transport.json(z.array(ImageHistoryItem), { path: at(ref, '/history'), signal }),
    tag: (ref, repository, tag, { signal } = {}) =>
      transport.run({ method: 'POST', path: at(ref, '/tag'), query: { repo: repository, tag }, signal }),
    remove: (ref, { force, noPrune, signal } = {}) =>
      transport.json(z.array(ImageDeleteItem), {
        method: 'DELETE',
        path: at(ref),
        query: { force, noprune: noPrune },
        signal,
      }),
    prune: ({ filters, signal } = {}) =>
      transport.json(PruneReport, { method: 'POST', path: '/images/prune', query: { filters }, signal }),
    save: (refs, { signal } = {}) =>
      transport.stream({ path: '/images/get', query: { names: refs }, signal }),
    ...uploads(transport),
  };
}

function uploads(transport: Transport): Pick<ImagesClient, 'pull' | 'load' | 'import'> {
  return {
    async *pull(ref, { platform, auth, signal } = {}) {
      const { repository, tag } = splitReference(ref);
      const response = await transport.stream({
        method: 'POST',
        path: '/images/create',
        query: { fromImage: repository, tag, platform },
        ...(auth === undefined ? {} : { headers: { 'x-registry-auth': encodeAuth(auth) } }),
        signal,
      });
      yield* progressStream(transport.bytes(response, signal));
    },
    async *load(archive, { signal } = {}) {
      const path = '/images/load';
      const response = await transport.stream({ method: 'POST', path, input: archive, headers: tar, signal });
      yield* progressStream(transport.bytes(response, signal));
    },
    async *import(archive, { repository, tag, message, changes, platform, signal }) {
      const response = await transport.stream({
        method: 'POST',
        path: '/images/create',
        query: { fromSrc: '-', repo: repository, tag, message, changes, platform },
        input: archive,
        headers: tar,
        signal,
      });
      yield* progressStream(transport.bytes(response, signal));
    },
  };
}

/** The engine pulls every tag of a repository when none is named, so `latest` is made explicit. */
function splitReference(ref: string): { repository: string; tag: string } {
  const digestAt = ref.indexOf('@');
  if (digestAt !== -1) return { repository: ref.slice(0, digestAt), tag: ref.slice(digestAt + 1) };
  const colon = ref.lastIndexOf(':');
  if (colon > ref.lastIndexOf('/')) return { repository: ref.slice(0, colon), tag: ref.slice(colon + 1) };
  return { repository: ref, tag: 'latest' };
}

const encodeAuth = (auth: RegistryAuthConfig): string =>
  Buffer.from(JSON.stringify(auth)).toString('base64url');
