/** Records of live sandboxes in `<exec-root>/network`: what a restarted berthd needs to take them over. */
import { renameSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { property, readJson, textOf } from './files.ts';
import type { Namespace } from './namespaces.ts';
import type { Endpoint, PortBinding } from './types.ts';

/** One sandbox. Its address counts as leased and its ports as taken for as long as the record exists. */
export interface SandboxRecord {
  containerId: string;
  namespace: Namespace;
  endpoint: Endpoint | undefined;
  ports: PortBinding[];
}

export class SandboxStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Synchronous on purpose: a small file in memory takes some microseconds, three turns through the thread pool a
   * millisecond of every container's start. Renamed into place, so a crash leaves no half of it.
   */
  save(record: SandboxRecord): void {
    const path = this.#path(record.containerId);
    writeFileSync(`${path}.tmp`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  }

  async remove(containerId: string): Promise<void> {
    await rm(this.#path(containerId), { force: true });
  }

  /** Every record that can be read; the rest is removed, their namespaces fall to the clean-up of orphans. */
  async load(): Promise<SandboxRecord[]> {
    const records: SandboxRecord[] = [];
    for (const file of await readdir(this.#folder)) {
      const record = parseRecord(await readJson(join(this.#folder, file)));
      if (record !== undefined && file === `${record.containerId}.json`) records.push(record);
      else await rm(join(this.#folder, file), { force: true });
    }
    return records;
  }

  #path(containerId: string): string {
    return join(this.#folder, `${containerId}.json`);
  }
}

function parseRecord(value: unknown): SandboxRecord | undefined {
  const containerId = textOf(value, 'containerId');
  const tag = textOf(property(value, 'namespace'), 'tag');
  const ports = property(value, 'ports');
  if (containerId === undefined || tag === undefined || !/^[a-z0-9]+$/.test(tag) || !Array.isArray(ports))
    return undefined;
  const bindings = ports.map(parseBinding).filter((binding) => binding !== undefined);
  if (bindings.length !== ports.length) return undefined;
  const veth = textOf(property(value, 'namespace'), 'veth');
  return {
    containerId,
    namespace: { tag, veth },
    endpoint: parseEndpoint(property(value, 'endpoint')),
    ports: bindings,
  };
}

function parseBinding(value: unknown): PortBinding | undefined {
  const hostIp = textOf(value, 'hostIp');
  const protocol = textOf(value, 'protocol');
  const [containerPort, hostPort] = [property(value, 'containerPort'), property(value, 'hostPort')];
  if (hostIp === undefined || typeof containerPort !== 'number' || typeof hostPort !== 'number')
    return undefined;
  return protocol === 'tcp' || protocol === 'udp' ? { containerPort, protocol, hostIp, hostPort } : undefined;
}

function parseEndpoint(value: unknown): Endpoint | undefined {
  const text = (key: string): string => textOf(value, key) ?? '';
  const prefix = property(value, 'ipv4PrefixLength');
  if (typeof prefix !== 'number' || text('ipv4Address') === '') return undefined;
  return {
    networkName: text('networkName'),
    networkId: text('networkId'),
    endpointId: text('endpointId'),
    ipv4Address: text('ipv4Address'),
    ipv4PrefixLength: prefix,
    gateway: text('gateway'),
    macAddress: text('macAddress'),
  };
}
