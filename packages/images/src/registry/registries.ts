/** Which servers stand behind a registry's name, and what all pulls share. */
import { BlockList, isIP } from 'node:net';
import { invalidParameter } from '@berth/engine-api';
import type { Ingested } from '../content-store.ts';
import { SharedTasks } from '../shared-task.ts';
import type { Endpoint } from './client.ts';
import { Limiter } from './limiter.ts';

export interface Registries {
  /** In the order in which to try. */
  endpoints(domain: string): Endpoint[];
  /** Remembers the endpoint that answered, to try it first. */
  prefer(domain: string, endpoint: Endpoint): void;
  limiter: Limiter;
  /** Downloads by digest; progress is bytes so far. */
  downloads: SharedTasks<Ingested, number>;
}

interface RegistriesOptions {
  insecureRegistries?: readonly string[];
  registryMirrors?: readonly string[];
  maxConcurrentDownloads?: number;
}

const hubOrigin = 'https://registry-1.docker.io';
const defaultConcurrency = 3;

class InsecureHosts {
  readonly #names = new Set<string>();
  readonly #networks = new BlockList();

  constructor(entries: readonly string[]) {
    this.#networks.addSubnet('127.0.0.0', 8, 'ipv4');
    this.#networks.addAddress('::1', 'ipv6');
    for (const entry of entries) this.#add(entry);
  }

  #add(entry: string): void {
    const [address = '', prefix] = entry.split('/');
    const version = isIP(address);
    if (version === 0 || prefix === undefined) this.#names.add(entry.replace(/^https?:\/\//, ''));
    else this.#networks.addSubnet(address, Number(prefix), version === 4 ? 'ipv4' : 'ipv6');
  }

  has(domain: string): boolean {
    const { hostname } = new URL(`http://${domain}`);
    const host = hostname.replace(/^\[|\]$/g, '');
    if (host === 'localhost' || this.#names.has(domain) || this.#names.has(host)) return true;
    const version = isIP(host);
    return version !== 0 && this.#networks.check(host, version === 4 ? 'ipv4' : 'ipv6');
  }
}

const mirrorEndpoint = (mirror: string, insecure: InsecureHosts): Endpoint => {
  if (!URL.canParse(mirror)) throw invalidParameter(`registry-mirrors: "${mirror}" is no URL`);
  const url = new URL(mirror);
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:';
  if (!isHttp || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw invalidParameter(`registry-mirrors: "${mirror}" must be http(s)://host[:port] and nothing more`);
  }
  return { origin: url.origin, insecure: url.protocol === 'http:' || insecure.has(url.host), isMirror: true };
};

export const createRegistries = (options: RegistriesOptions): Registries => {
  const insecure = new InsecureHosts(options.insecureRegistries ?? []);
  const mirrors = (options.registryMirrors ?? []).map((mirror) => mirrorEndpoint(mirror, insecure));
  const preferred = new Map<string, string>();
  const all = (domain: string): Endpoint[] => {
    if (domain === 'docker.io') return [...mirrors, { origin: hubOrigin, insecure: false, isMirror: false }];
    const secure = { origin: `https://${domain}`, insecure: insecure.has(domain), isMirror: false };
    return secure.insecure ? [secure, { ...secure, origin: `http://${domain}` }] : [secure];
  };
  return {
    endpoints: (domain) => {
      const first = preferred.get(domain);
      const list = all(domain);
      return [
        ...list.filter(({ origin }) => origin === first),
        ...list.filter(({ origin }) => origin !== first),
      ];
    },
    prefer: (domain, endpoint) => {
      if (!endpoint.isMirror && domain !== 'docker.io') preferred.set(domain, endpoint.origin);
    },
    limiter: new Limiter(options.maxConcurrentDownloads ?? defaultConcurrency),
    downloads: new SharedTasks(),
  };
};
