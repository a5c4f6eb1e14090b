/** Addresses and ports of a container as inspect and list show them. */
import type { EndpointSettings, NetworkSettings, PortMap, PortSummary } from '@berth/engine-api';
import type { Container } from './container.ts';
import { normalPort } from './create/ports.ts';

/** By network name. Before the container runs: the user's wishes. */
export function endpointSettings(container: Container): Record<string, EndpointSettings> {
  const mode = container.networkMode;
  if (mode.startsWith('container:')) return {};
  const endpoint = container.sandbox?.endpoint;
  const name = endpoint?.networkName ?? mode;
  const wishes = container.networks[name];
  const settings: EndpointSettings = {
    ...(wishes?.IPAMConfig ? { IPAMConfig: wishes.IPAMConfig } : {}),
    Links: wishes?.Links ?? [],
    Aliases: wishes?.Aliases ?? [],
    MacAddress: endpoint?.macAddress ?? '',
    DriverOpts: wishes?.DriverOpts ?? {},
    GwPriority: 0,
    NetworkID: endpoint?.networkId ?? '',
    EndpointID: endpoint?.endpointId ?? '',
    Gateway: endpoint?.gateway ?? '',
    IPAddress: endpoint?.ipv4Address ?? '',
    IPPrefixLen: endpoint?.ipv4PrefixLength ?? 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DNSNames: [],
  };
  return { [name]: settings };
}

export function networkSettings(container: Container): NetworkSettings {
  const { sandbox } = container;
  const endpoint = sandbox?.endpoint;
  return {
    Bridge: '',
    SandboxID: sandbox ? container.id : '',
    SandboxKey: sandbox?.netnsPath ?? '',
    Ports: portMap(container),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    EndpointID: endpoint?.endpointId ?? '',
    Gateway: endpoint?.gateway ?? '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: endpoint?.ipv4Address ?? '',
    IPPrefixLen: endpoint?.ipv4PrefixLength ?? 0,
    IPv6Gateway: '',
    MacAddress: endpoint?.macAddress ?? '',
    Networks: endpointSettings(container),
  };
}

/** While it runs: what is published, and null for what is only exposed. */
function portMap(container: Container): PortMap {
  if (!container.sandbox) return {};
  const map: PortMap = {};
  for (const port of Object.keys(container.config.ExposedPorts ?? {})) map[normalPort(port)] = null;
  for (const { containerPort, protocol, hostIp, hostPort } of container.sandbox.ports) {
    const key = `${containerPort}/${protocol}`;
    map[key] = [...(map[key] ?? []), { HostIp: hostIp, HostPort: String(hostPort) }];
  }
  return map;
}

export function portSummaries(container: Container): PortSummary[] {
  return Object.entries(portMap(container)).flatMap(([key, bindings]) => {
    const [port, Type = 'tcp'] = key.split('/');
    const PrivatePort = Number(port);
    if (!bindings) return [{ PrivatePort, Type }];
    return bindings.map(({ HostIp, HostPort }) => ({
      IP: HostIp,
      PrivatePort,
      PublicPort: Number(HostPort),
      Type,
    }));
  });
}
