/** Calls on networks. */
import { type Filters, NetworkInspect } from '@berth/engine-api';
import { z } from 'zod';
import type { Abortable } from './containers.ts';
import { segment } from './path.ts';
import type { Transport } from './transport.ts';

export interface NetworksClient {
  list(options?: Abortable & { filters?: Filters }): Promise<NetworkInspect[]>;
  inspect(ref: string, options?: Abortable): Promise<NetworkInspect>;
}

export function createNetworksClient(transport: Transport): NetworksClient {
  return {
    list: ({ filters, signal } = {}) =>
      transport.json(z.array(NetworkInspect), { path: '/networks', query: { filters }, signal }),
    inspect: (ref, { signal } = {}) =>
      transport.json(NetworkInspect, { path: `/networks/${segment(ref)}`, signal }),
  };
}
