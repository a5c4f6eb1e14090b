/** One sandbox per running container: namespace, address, published ports; all or nothing. */
import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { conflict, invalidParameter, isEngineError } from '@berth/engine-api';
import { formatAddress, macOf, parseAddress, parseMac } from './address.ts';
import type { Firewall } from './firewall.ts';
import type { PublishedPort } from './firewall-rules.ts';
import type { AddressPool } from './ipam.ts';
import type { Namespace, Namespaces } from './namespaces.ts';
import type { Netctl } from './netctl.ts';
import type { HostPorts } from './ports.ts';
import type { SandboxRecord, SandboxStore } from './sandbox-store.ts';
import { sysctlPath, sysctlValue } from './sysctl.ts';
import type { Endpoint, Logger, PortBinding, Sandbox, SandboxRequest } from './types.ts';

/** The network containers are attached to by default. */
export interface BridgeNetwork {
  id: string;
  name: string;
  prefixLength: number;
  gateway: string;
  addresses: AddressPool;
}

export interface SandboxesOptions {
  /** Undefined with `--bridge none`. */
  bridge: BridgeNetwork | undefined;
  netctl: Netctl;
  namespaces: Namespaces;
  firewall: Firewall;
  ports: HostPorts;
  store: SandboxStore;
  logger: Logger;
}

export class Sandboxes {
  readonly #options: SandboxesOptions;
  readonly #records = new Map<string, SandboxRecord>();
  /** Ports of sandboxes in the making. */
  readonly #publishing = new Set<readonly PublishedPort[]>();
  /** Removals whose slow part (rules, files) still goes on, by container. */
  readonly #removals = new Map<string, Promise<void>>();

  constructor(options: SandboxesOptions) {
    this.#options = options;
  }

  get(containerId: string): SandboxRecord | undefined {
    return this.#records.get(containerId);
  }

  all(): SandboxRecord[] {
    return [...this.#records.values()];
  }

  /** Ports of every sandbox, as the firewall wants them. */
  published(): PublishedPort[] {
    return this.all().flatMap(publishedPorts);
  }

  /** Takes over the sandboxes of running containers; forgets the others, whose remains are orphans then. */
  async restore(containerIds: ReadonlySet<string>): Promise<void> {
    const { store, namespaces, bridge, ports, logger } = this.#options;
    for (const record of await store.load()) {
      const { containerId } = record;
      if (!containerIds.has(containerId) || !(await namespaces.adopt(record.namespace))) {
        await store.remove(containerId);
        continue;
      }
      this.#records.set(containerId, record);
      if (record.endpoint !== undefined)
        bridge?.addresses.restore(parseAddress(record.endpoint.ipv4Address, 'leased address'));
      for (const lost of await ports.restore(record.ports))
        logger.warn(
          { containerId, port: lost },
          'another program took a published port; the container still gets its connections',
        );
    }
  }

  async create(request: SandboxRequest): Promise<Sandbox> {
    const { containerId } = request;
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(containerId))
      throw invalidParameter(`invalid container id: ${containerId}`);
    if (this.#records.has(containerId)) await this.remove(containerId);
    await this.#removals.get(containerId);
    const sysctls = Object.entries(request.sysctls ?? {}).map(
      ([name, value]) => [sysctlPath(name), sysctlValue(name, value)] as const,
    );

    await using undo = new AsyncDisposableStack();
    const endpoint = request.mode === 'bridge' ? this.#lease(request, undo) : undefined;
    const ports = endpoint === undefined ? [] : await this.#reserve(request, endpoint, undo);
    const namespace = await this.#options.namespaces.take(endpoint === undefined ? 'bare' : 'linked');
    undo.defer(() => this.#options.namespaces.discard(namespace));
    const record: SandboxRecord = { containerId, namespace, endpoint, ports };
    await this.#apply(record, sysctls, undo);
    this.#records.set(containerId, record);
    undo.move();
    if (endpoint !== undefined) this.#options.namespaces.refill();
    return { containerId, netnsPath: this.#options.namespaces.path(namespace), endpoint, ports };
  }

  /**
   * Resolves when the container's side is cut off. Rules, ports and the record follow in the background; none of them
   * is used again before it is free.
   */
  async remove(containerId: string): Promise<void> {
    const record = this.#records.get(containerId);
    if (record === undefined) return;
    const { logger } = this.#options;
    this.#records.delete(containerId);
    const cut = this.#options.namespaces.discard(record.namespace);
    const removal = this.#free(record, cut)
      .catch((error: unknown) =>
        logger.error({ err: error, containerId }, 'cannot free a container’s network'),
      )
      .finally(() => this.#removals.delete(containerId));
    this.#removals.set(containerId, removal);
    // Somebody else's program may be waiting for the host port.
    await (record.ports.length > 0 ? removal : cut);
  }

  /** Resolves when no removal is going on. */
  async settled(): Promise<void> {
    await Promise.all(this.#removals.values());
  }

  #lease(request: SandboxRequest, undo: AsyncDisposableStack): Endpoint {
    const { bridge } = this.#options;
    if (bridge === undefined) throw conflict('the default bridge network is switched off (--bridge none)');
    const { ipv4Address, macAddress } = request.endpoint ?? {};
    const mac = macAddress === undefined ? undefined : parseMac(macAddress);
    const wanted = ipv4Address === undefined ? undefined : parseAddress(ipv4Address, 'IPv4Address');
    if (wanted !== undefined) bridge.addresses.take(wanted);
    const address = wanted ?? bridge.addresses.allocate();
    undo.defer(() => bridge.addresses.release(address));
    return {
      networkName: bridge.name,
      networkId: bridge.id,
      endpointId: randomBytes(32).toString('hex'),
      ipv4Address: formatAddress(address),
      ipv4PrefixLength: bridge.prefixLength,
      gateway: bridge.gateway,
      macAddress: mac ?? macOf(address),
    };
  }

  async #reserve(
    request: SandboxRequest,
    endpoint: Endpoint,
    undo: AsyncDisposableStack,
  ): Promise<PortBinding[]> {
    const { ports } = this.#options;
    if (request.ports.length === 0) return [];
    try {
      const taken = await ports.reserve(request.ports);
      undo.defer(() => ports.release(taken));
      return taken;
    } catch (error) {
      if (!isEngineError(error) || error.kind !== 'conflict') throw error;
      const who = `${request.containerName ?? request.containerId.slice(0, 12)} (${endpoint.endpointId})`;
      throw conflict(`driver failed programming external connectivity on endpoint ${who}: ${error.message}`, {
        cause: error,
        code: 'port-allocated',
      });
    }
  }

  /** Link and rules are independent of each other and go side by side. */
  async #apply(
    record: SandboxRecord,
    sysctls: readonly (readonly [string, string])[],
    undo: AsyncDisposableStack,
  ): Promise<void> {
    const { firewall, store } = this.#options;
    const published = publishedPorts(record);
    const { containerId } = record;
    undo.defer(() => store.remove(containerId));
    store.save(record);
    const outcomes = await Promise.allSettled([
      this.#configure(record.namespace, record, sysctls),
      this.#publish(published),
    ]);
    if (outcomes[1].status === 'fulfilled') undo.defer(() => firewall.unpublish(published));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async #publish(published: readonly PublishedPort[]): Promise<void> {
    const { firewall, netctl } = this.#options;
    this.#publishing.add(published);
    try {
      await firewall.publish(published).catch((error: unknown) => this.#rebuildFirewall(error));
    } finally {
      this.#publishing.delete(published);
    }
    // The kernel would go on sending a client's datagrams to where the port led before.
    const udp = published.filter(({ binding }) => binding.protocol === 'udp');
    await Promise.all(udp.map(({ binding }) => netctl.call('forget-udp', String(binding.hostPort))));
  }

  async #configure(
    { tag, veth }: Namespace,
    { endpoint, ports }: SandboxRecord,
    sysctls: readonly (readonly [string, string])[],
  ): Promise<void> {
    const { netctl } = this.#options;
    const calls: Promise<void>[] = [];
    if (endpoint !== undefined) {
      const address = `${endpoint.ipv4Address}/${endpoint.ipv4PrefixLength}`;
      calls.push(netctl.call('up', tag, address, endpoint.macAddress, endpoint.gateway));
    }
    // A container that calls its own published port is answered through the link it called by.
    if (veth !== undefined && ports.length > 0) calls.push(netctl.call('hairpin', veth));
    for (const [path, value] of sysctls) calls.push(netctl.call('sysctl', tag, path, value));
    await Promise.all(calls);
  }

  /** What follows once the namespace is cut off. The ports count as "being released" from the first moment. */
  async #free(record: SandboxRecord, cut: Promise<void>): Promise<void> {
    const { bridge, ports, store } = this.#options;
    const published = publishedPorts(record);
    // Starting a program holds up this thread; the caller, who waits for the cut only, goes first.
    const withdrawn = published.length === 0 ? cut : cut.then(nextTurn).then(() => this.#withdraw(published));
    await ports.release(record.ports, withdrawn);
    if (record.endpoint !== undefined)
      bridge?.addresses.release(parseAddress(record.endpoint.ipv4Address, 'leased address'));
    await store.remove(record.containerId);
  }

  async #withdraw(published: readonly PublishedPort[]): Promise<void> {
    try {
      await this.#options.firewall.unpublish(published);
    } catch (error) {
      await this.#rebuildFirewall(error);
    }
  }

  /** Somebody flushed or reloaded the host's firewall and took our rules along: all of them are written anew. */
  async #rebuildFirewall(reason: unknown): Promise<void> {
    this.#options.logger.warn(
      { err: reason },
      'firewall rules were changed by another program: restoring them',
    );
    await this.#options.firewall.start([...this.published(), ...[...this.#publishing].flat()]);
  }
}

function publishedPorts({ endpoint, ports }: SandboxRecord): PublishedPort[] {
  if (endpoint === undefined) return [];
  return ports.map((binding) => ({ binding, address: endpoint.ipv4Address }));
}
