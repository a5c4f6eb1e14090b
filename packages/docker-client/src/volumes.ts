/** Calls on volumes. */
import {
  type Filters,
  PruneReport,
  type VolumeCreateBody,
  VolumeListResponse,
  VolumeSummary,
} from '@berth/engine-api';
import type { Abortable } from './containers.ts';
import { segment } from './path.ts';
import type { Transport } from './transport.ts';

export interface VolumesClient {
  list(options?: Abortable & { filters?: Filters }): Promise<VolumeSummary[]>;
  inspect(name: string, options?: Abortable): Promise<VolumeSummary>;
  create(body: VolumeCreateBody, options?: Abortable): Promise<VolumeSummary>;
  remove(name: string, options?: Abortable & { force?: boolean }): Promise<void>;
  prune(options?: Abortable & { filters?: Filters }): Promise<PruneReport>;
}

const at = (name: string): string => `/volumes/${segment(name)}`;

export function createVolumesClient(transport: Transport): VolumesClient {
  return {
    list: async ({ filters, signal } = {}) => {
      const { Volumes } = await transport.json(VolumeListResponse, {
        path: '/volumes',
        query: { filters },
        signal,
      });
      return Volumes;
    },
    inspect: (name, { signal } = {}) => transport.json(VolumeSummary, { path: at(name), signal }),
    create: (body, { signal } = {}) =>
      transport.json(VolumeSummary, { method: 'POST', path: '/volumes/create', body, signal }),
    remove: (name, { force, signal } = {}) =>
      transport.run({ method: 'DELETE', path: at(name), query: { force }, signal }),
    prune: ({ filters, signal } = {}) =>
      transport.json(PruneReport, { method: 'POST', path: '/volumes/prune', query: { filters }, signal }),
  };
}
