/** Joins the parts: the bridge, its addresses, the firewall, the sandboxes. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidParameter, notFound, unavailable } from '@berth/engine-api';
import { formatAddress, formatSubnet } from './address.ts';
import { type Bridge, checkInside, ensureBridge, removeBridge } from './bridge.ts';
import { readCounters } from './counters.ts';
import { createFirewall, type Firewall, noFirewall, removeChains } from './firewall.ts';
import { type Identity, loadIdentity } from './identity.ts';
import { AddressPool } from './ipam.ts';
import { Namespaces } from './namespaces.ts';
import { Netctl } from './netctl.ts';
import { HostPorts } from './ports.ts';
import { readResolvers } from './resolvers.ts';
import { SandboxStore } from './sandbox-store.ts';
import { type BridgeNetwork, Sandboxes } from './sandboxes.ts';
import { type NetworksOptions, type Settings, settle } from './settings.ts';
import type { InterfaceCounters, NetworkInfo, Networks, Sandbox, SandboxRequest } from './types.ts';

/** @throws invalidParameter for settings that can never work; nothing is touched before `start`. */
export function createNetworks(options: NetworksOptions): Networks {
  return new BridgeNetworks(settle(options));
}

/** Removes what an instance left in the kernel: sandboxes, chains and, when it made it, the bridge. For uninstalling. */
export async function removeInstance(options: NetworksOptions): Promise<void> {
  const settings = settle(options);
  const folders = foldersOf(settings);
  await Promise.all(Object.values(folders).map((folder) => mkdir(folder, { recursive: true, mode: 0o711 })));
  const netctl = new Netctl(folders.netns);
  try {
    await namespacesOf(settings, folders.netns, netctl).removeOrphans();
  } finally {
    await netctl.close();
  }
  if (settings.iptables) await removeChains(settings.instance);
  if (settings.bridge !== 'none') await removeBridge(settings.bridge, settings.instance);
}

const foldersOf = ({ dataRoot, execRoot }: Settings) => ({
  networks: join(dataRoot, 'networks'),
  netns: join(execRoot, 'netns'),
  sandboxes: join(execRoot, 'network'),
});

const namespacesOf = (
  { instance, mtu, warmNamespaces, logger }: Settings,
  folder: string,
  netctl: Netctl,
): Namespaces => new Namespaces({ folder, instance, mtu, warm: warmNamespaces, netctl, logger });

/** Everything that exists only between start and close. */
interface Running {
  networks: NetworkInfo[];
  bridgeId: string;
  netctl: Netctl;
  namespaces: Namespaces;
  firewall: Firewall;
  ports: HostPorts;
  sandboxes: Sandboxes;
}

class BridgeNetworks implements Networks {
  readonly #settings: Settings;
  #running: Running | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async start(containerIds: ReadonlySet<string>): Promise<void> {
    const settings = this.#settings;
    const folders = foldersOf(settings);
    await Promise.all(
      Object.values(folders).map((folder) => mkdir(folder, { recursive: true, mode: 0o711 })),
    );
    await using undo = new AsyncDisposableStack();
    const identity = await loadIdentity(join(folders.networks, 'networks.json'));
    const bridge = await this.#startBridge(identity);
    if (settings.ipForward) await enableForwarding();

    const netctl = new Netctl(folders.netns);
    undo.defer(() => netctl.close());
    const namespaces = namespacesOf(settings, folders.netns, netctl);
    if (bridge !== undefined) await netctl.attachTo(bridge.link.name);
    const ports = new HostPorts();
    undo.defer(() => ports.close());
    await ports.start();
    const firewall = this.#firewallFor(bridge?.link, () => new Netctl(folders.netns));
    undo.defer(() => firewall.close());
    const store = new SandboxStore(folders.sandboxes);
    const { logger } = settings;
    const sandboxes = new Sandboxes({
      bridge: bridge?.network,
      netctl,
      namespaces,
      firewall,
      ports,
      store,
      logger,
    });
    await sandboxes.restore(containerIds);
    const orphans = await namespaces.removeOrphans();
    if (orphans > 0) logger.info({ orphans }, 'removed network namespaces and links left from before');
    await firewall.start(sandboxes.published());

    const networks = describeNetworks(identity, settings, bridge);
    this.#running = { networks, bridgeId: identity.bridge, netctl, namespaces, firewall, ports, sandboxes };
    undo.move();
    if (bridge !== undefined) namespaces.refill();
  }

  list(): NetworkInfo[] {
    const { networks, bridgeId, sandboxes } = this.#started();
    const attached = sandboxes
      .all()
      .flatMap(({ containerId, endpoint }) => (endpoint === undefined ? [] : [{ containerId, endpoint }]));
    return networks.map((network) => {
      const here = network.id === bridgeId ? attached : [];
      return {
        ...network,
        endpoints: here.map(({ endpoint }) => endpoint),
        containers: here.map(({ containerId }) => containerId),
      };
    });
  }

  get(reference: string): NetworkInfo {
    const all = this.list();
    const exact = all.find(({ id }) => id === reference) ?? all.find(({ name }) => name === reference);
    if (exact !== undefined) return exact;
    const matches = reference === '' ? [] : all.filter(({ id }) => id.startsWith(reference));
    const [match] = matches;
    if (match === undefined) throw notFound(`network ${reference} not found`);
    if (matches.length > 1)
      throw invalidParameter(
        `network ${reference} is ambiguous (${matches.length} matches found based on ID prefix)`,
      );
    return match;
  }

  createSandbox(request: SandboxRequest): Promise<Sandbox> {
    return this.#started().sandboxes.create(request);
  }

  sandbox(containerId: string): Sandbox | undefined {
    const { namespaces, sandboxes } = this.#started();
    const record = sandboxes.get(containerId);
    if (record === undefined) return undefined;
    const { namespace, endpoint, ports } = record;
    return { containerId, netnsPath: namespaces.path(namespace), endpoint, ports };
  }

  async removeSandbox(containerId: string): Promise<void> {
    await this.#started().sandboxes.remove(containerId);
  }

  async counters(containerId: string): Promise<InterfaceCounters[]> {
    const veth = this.#started().sandboxes.get(containerId)?.namespace.veth;
    return veth === undefined ? [] : [await readCounters(veth)];
  }

  resolvers(): ReturnType<typeof readResolvers> {
    return readResolvers();
  }

  async close(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    await running.sandboxes.settled();
    await running.namespaces.close();
    await Promise.all([running.ports.close(), running.firewall.close(), running.netctl.close()]);
  }

  #started(): Running {
    if (this.#running === undefined) throw unavailable('the network is not running');
    return this.#running;
  }

  async #startBridge(identity: Identity): Promise<StartedBridge | undefined> {
    const { bridge: name, bip, instance, mtu, fixedCidr, defaultGateway } = this.#settings;
    if (name === 'none') return undefined;
    const link = await ensureBridge({ name, instance, mtu, bip, previous: identity.address });
    const { range, gateway } = checkInside(link, { fixedCidr, defaultGateway });
    await identity.remember(`${formatAddress(link.address)}/${link.subnet.prefixLength}`);
    const addresses = new AddressPool({
      subnet: link.subnet,
      range,
      reserved: [link.address, gateway],
      networkName: `bridge (${identity.bridge})`,
    });
    const { prefixLength } = link.subnet;
    const network = {
      id: identity.bridge,
      name: 'bridge',
      prefixLength,
      gateway: formatAddress(gateway),
      addresses,
    };
    return { link, network };
  }

  #firewallFor(link: Bridge | undefined, helper: () => Netctl): Firewall {
    const { iptables, instance, ipMasq, icc } = this.#settings;
    if (!iptables || link === undefined) return noFirewall;
    const subnet = formatSubnet(link.subnet);
    return createFirewall(
      { instance, bridge: link.name, subnet, masquerade: ipMasq, interContainer: icc },
      helper,
    );
  }
}

interface StartedBridge {
  link: Bridge;
  network: BridgeNetwork;
}

/** The three networks every engine has, as Docker lists them. */
function describeNetworks(
  identity: Identity,
  settings: Settings,
  bridge: StartedBridge | undefined,
): NetworkInfo[] {
  const common = {
    createdAt: identity.createdAt,
    subnet: undefined,
    gateway: undefined,
    options: {},
    labels: {},
    internal: false,
    endpoints: [],
    containers: [],
  };
  const networks: NetworkInfo[] = [
    { ...common, id: identity.host, name: 'host', driver: 'host' },
    { ...common, id: identity.none, name: 'none', driver: 'null' },
  ];
  if (bridge === undefined) return networks;
  const options = {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': String(settings.icc),
    'com.docker.network.bridge.enable_ip_masquerade': String(settings.ipMasq),
    'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
    'com.docker.network.bridge.name': bridge.link.name,
    'com.docker.network.driver.mtu': String(settings.mtu),
  };
  const { subnet } = bridge.link;
  const { gateway } = bridge.network;
  return [
    {
      ...common,
      id: identity.bridge,
      name: 'bridge',
      driver: 'bridge',
      subnet: formatSubnet(subnet),
      gateway,
      options,
    },
    ...networks,
  ];
}

/** Without it nothing leaves the bridge. Written only when it is off: a hardened host may forbid writing it. */
async function enableForwarding(): Promise<void> {
  const path = '/proc/sys/net/ipv4/ip_forward';
  if ((await readFile(path, 'utf8')).trim() !== '1') await writeFile(path, '1');
}
