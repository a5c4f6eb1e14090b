/** The three files every container gets bind-mounted: /etc/hostname, /etc/hosts and /etc/resolv.conf. */
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { hostname as hostHostname } from 'node:os';
import type { Sandbox } from '@berth/network';
import type { EngineContext } from '../../context.ts';
import { shortId } from '../../util/ids.ts';
import type { Container } from '../container.ts';
import type { ContainerPaths } from '../store/store.ts';

export const hostnameOf = (container: Container): string => {
  if (container.config.Hostname) return container.config.Hostname;
  const shared = container.hostConfig.NetworkMode === 'host' || container.hostConfig.UTSMode === 'host';
  return shared ? hostHostname() : shortId(container.id);
};

/** The files that need no address; they are written while the network is being made. */
export async function writeEarlyFiles(context: EngineContext, container: Container): Promise<void> {
  const paths = context.store.paths(container.id);
  await Promise.all([
    writeFile(paths.hostname, `${hostnameOf(container)}\n`, { mode: 0o644 }),
    writeResolvConf(context, container, paths),
  ]);
}

async function writeResolvConf(
  context: EngineContext,
  container: Container,
  paths: ContainerPaths,
): Promise<void> {
  const { Dns = [], DnsSearch = [], DnsOptions = [] } = container.hostConfig;
  const { config, networks } = context;
  const own = Dns.length + DnsSearch.length + DnsOptions.length > 0;
  if (container.networkMode === 'host' && !own) {
    await copyFile('/etc/resolv.conf', paths.resolvConf);
    return;
  }
  const fallback = await networks.resolvers();
  const nameservers = firstFilled(Dns, config.dns, fallback.nameservers);
  const search = firstFilled(DnsSearch, config.dnsSearch, fallback.search).filter((domain) => domain !== '.');
  const options = firstFilled(DnsOptions, config.dnsOptions, fallback.options);
  const lines = nameservers.map((address) => `nameserver ${address}`);
  if (search.length > 0) lines.push(`search ${search.join(' ')}`);
  if (options.length > 0) lines.push(`options ${options.join(' ')}`);
  await writeFile(paths.resolvConf, `${lines.join('\n')}\n`, { mode: 0o644 });
}

const firstFilled = (...lists: (readonly string[] | undefined)[]): readonly string[] =>
  lists.find((list) => list !== undefined && list.length > 0) ?? [];

export async function writeHosts(
  context: EngineContext,
  container: Container,
  sandbox: Sandbox | undefined,
): Promise<void> {
  const path = context.store.paths(container.id).hosts;
  const extra = (container.hostConfig.ExtraHosts ?? []).map((entry) => extraHost(context, entry, sandbox));
  const base =
    container.networkMode === 'host'
      ? (await readFile('/etc/hosts', 'utf8')).trimEnd().split('\n')
      : localHosts;
  const address = sandbox?.endpoint?.ipv4Address;
  const own = address ? [`${address}\t${hostLine(container)}`] : [];
  await writeFile(path, `${[...base, ...extra, ...own].join('\n')}\n`, { mode: 0o644 });
}

const localHosts = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::\tip6-localnet',
  'ff00::\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
];

function hostLine(container: Container): string {
  const name = hostnameOf(container);
  const domain = container.config.Domainname;
  const full = domain ? `${name}.${domain}` : name;
  const [short = full] = full.split('.', 1);
  return short === full ? full : `${full} ${short}`;
}

/** "name:address"; `host-gateway` is the host as the container sees it. */
function extraHost(context: EngineContext, entry: string, sandbox: Sandbox | undefined): string {
  const at = entry.search(/[:=]/);
  const name = entry.slice(0, at);
  const address = entry.slice(at + 1).replace(/^\[(.*)\]$/, '$1');
  if (address !== 'host-gateway') return `${address}\t${name}`;
  const gateway = context.config.hostGatewayIp ?? sandbox?.endpoint?.gateway ?? '127.0.0.1';
  return `${gateway}\t${name}`;
}
