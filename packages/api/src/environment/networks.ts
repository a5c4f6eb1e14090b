import type { DockerClient } from '@berth/docker-client';
import type { ContainerSummary, NetworkInspect } from '@berth/engine-api';
import type { NetworkRow } from '../schemas/objects.ts';
import type { NetworksService } from '../services/types.ts';
import { timeOf } from './container-detail.ts';
import { usersBy } from './used-by.ts';

const BUILT_IN = ['bridge', 'host', 'none'];
const networkNames = (container: ContainerSummary): string[] =>
  Object.keys(container.NetworkSettings.Networks);

export function createNetworks(client: DockerClient): NetworksService {
  const { networks } = client;
  return {
    async list() {
      const [found, containers] = await Promise.all([networks.list(), client.containers.list({ all: true })]);
      const users = usersBy(containers, networkNames);
      return found
        .map((network) => ({ ...toRow(network), usedBy: users(network.Name) }))
        .sort((a, b) => a.name.localeCompare(b.name));
    },

    async inspect(id) {
      const [network, containers] = await Promise.all([
        networks.inspect(id),
        client.containers.list({ all: true }),
      ]);
      return {
        ...toRow(network),
        usedBy: usersBy(containers, networkNames)(network.Name),
        options: network.Options,
        endpoints: Object.entries(network.Containers).map(([container, endpoint]) => ({
          id: container,
          name: endpoint.Name,
          ip: endpoint.IPv4Address || null,
          mac: endpoint.MacAddress || null,
        })),
        raw: network,
      };
    },
  };
}

const toRow = (network: NetworkInspect): NetworkRow => ({
  id: network.Id,
  name: network.Name,
  driver: network.Driver,
  scope: network.Scope,
  internal: network.Internal,
  builtIn: BUILT_IN.includes(network.Name),
  createdAtMs: timeOf(network.Created),
  subnets: network.IPAM.Config.flatMap(({ Subnet, Gateway }) =>
    Subnet ? [{ subnet: Subnet, gateway: Gateway || null }] : [],
  ),
  labels: network.Labels,
  usedBy: [],
});
