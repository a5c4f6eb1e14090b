/** Calls about the engine itself. */
import { DiskUsage, EventMessage, type Filters, SystemInfo, SystemVersion } from '@berth/engine-api';
import type { Abortable } from './containers.ts';
import { jsonStream } from './json-stream.ts';
import { header, type Transport } from './transport.ts';

export interface SystemClient {
  /** @returns the API version the engine offers, when it says */
  ping(options?: Abortable): Promise<{ apiVersion: string | undefined; server: string | undefined }>;
  version(options?: Abortable): Promise<SystemVersion>;
  info(options?: Abortable): Promise<SystemInfo>;
  diskUsage(
    options?: Abortable & { types?: readonly ('container' | 'image' | 'volume' | 'build-cache')[] },
  ): Promise<DiskUsage>;
  /** Live events, after past ones when `since` is given; ends at `until`, else only with the signal or the engine. */
  events(
    options?: Abortable & { since?: number | string; until?: number | string; filters?: Filters },
  ): AsyncIterable<EventMessage>;
}

export function createSystemClient(transport: Transport): SystemClient {
  return {
    ping: async ({ signal } = {}) => {
      const response = await transport.stream({ path: '/_ping', unversioned: true, signal });
      response.resume();
      return { apiVersion: header(response, 'api-version'), server: header(response, 'server') };
    },
    version: ({ signal } = {}) => transport.json(SystemVersion, { path: '/version', signal }),
    info: ({ signal } = {}) => transport.json(SystemInfo, { path: '/info', signal }),
    diskUsage: ({ types, signal } = {}) =>
      transport.json(DiskUsage, { path: '/system/df', query: { type: types }, signal }),
    async *events({ since, until, filters, signal } = {}) {
      const response = await transport.stream({ path: '/events', query: { since, until, filters }, signal });
      yield* jsonStream(transport.bytes(response, signal), EventMessage);
    },
  };
}
