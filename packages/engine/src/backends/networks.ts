/** Networks as the HTTP edge asks for them. */
import {
  booleanFilter,
  checkFilterNames,
  type Filters,
  type NetworkContainer,
  type NetworkInspect,
} from '@berth/engine-api';
import type { NetworkInfo } from '@berth/network';
import type { EngineContext } from '../context.ts';
import type { NetworksBackend } from '../types.ts';
import { matchesLabels } from '../util/label-filter.ts';

const builtin = new Set(['bridge', 'host', 'none']);

export function createNetworksBackend(context: EngineContext): NetworksBackend {
  return {
    list: async (filters) => {
      checkFilterNames(filters, ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type']);
      return context.networks
        .list()
        .filter((network) => matches(network, filters))
        .map((network) => ({ ...toApi(context, network), Containers: {} }));
    },
    inspect: async (reference) => toApi(context, context.networks.get(reference)),
  };
}

function matches(network: NetworkInfo, filters: Filters): boolean {
  const any = (name: string, test: (value: string) => boolean): boolean => {
    const values = filters[name] ?? [];
    return values.length === 0 || values.some(test);
  };
  const dangling = booleanFilter(filters, 'dangling');
  const isDangling = !builtin.has(network.name) && network.endpoints.length === 0;
  return (
    any('name', (value) => network.name.includes(value)) &&
    any('id', (value) => network.id.startsWith(value)) &&
    any('driver', (value) => network.driver === value) &&
    any('scope', (value) => value === 'local') &&
    any('type', (value) => (value === 'builtin') === builtin.has(network.name)) &&
    matchesLabels(network.labels, filters.label ?? []) &&
    (dangling === undefined || dangling === isDangling)
  );
}

function toApi(context: EngineContext, network: NetworkInfo): NetworkInspect {
  const { subnet, gateway } = network;
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt.toISOString(),
    Scope: 'local',
    Driver: network.driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: {
      Driver: 'default',
      Options: null,
      Config: subnet ? [{ Subnet: subnet, ...(gateway ? { Gateway: gateway } : {}) }] : [],
    },
    Internal: network.internal,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: endpointsOf(context, network),
    Options: network.options,
    Labels: network.labels,
  };
}

function endpointsOf(context: EngineContext, network: NetworkInfo): Record<string, NetworkContainer> {
  const entries = network.endpoints.map((endpoint, index): [string, NetworkContainer] => {
    const id = network.containers[index] ?? '';
    return [
      id,
      {
        Name: context.store.index.byId(id)?.name ?? '',
        EndpointID: endpoint.endpointId,
        MacAddress: endpoint.macAddress,
        IPv4Address: `${endpoint.ipv4Address}/${endpoint.ipv4PrefixLength}`,
        IPv6Address: '',
      },
    ];
  });
  return Object.fromEntries(entries);
}
