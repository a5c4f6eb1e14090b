/** The host's name servers, as far as a container can use them. */
import { readFile } from 'node:fs/promises';

export interface Resolvers {
  nameservers: string[];
  search: string[];
  options: string[];
}

const hostFile = '/etc/resolv.conf';
/** With systemd-resolved the host's file names only 127.0.0.53; the real servers are in this one. */
const resolvedFile = '/run/systemd/resolve/resolv.conf';
/** What Docker falls back to when no usable server is left. */
const publicServers = ['8.8.8.8', '8.8.4.4'];

/** Reads the host's resolv.conf. A host without one gets public servers. */
export async function readResolvers(files = { host: hostFile, resolved: resolvedFile }): Promise<Resolvers> {
  const host = parseResolvConf(await readOrEmpty(files.host));
  const behindStub =
    host.nameservers.length > 0 && host.nameservers.every((server) => server === '127.0.0.53');
  return usable(behindStub ? parseResolvConf(await readOrEmpty(files.resolved)) : host);
}

/** resolv.conf(5): later `search`/`domain` lines replace earlier ones, `options` add up. */
export function parseResolvConf(text: string): Resolvers {
  const result: Resolvers = { nameservers: [], search: [], options: [] };
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    const [first] = values;
    if (first === undefined) continue;
    if (keyword === 'nameserver') result.nameservers.push(first);
    if (keyword === 'search' || keyword === 'domain') result.search = values;
    if (keyword === 'options') result.options.push(...values);
  }
  return result;
}

/** Loopback means the container itself in there, and the bridge carries no IPv6. */
function usable(resolvers: Resolvers): Resolvers {
  const reachable = resolvers.nameservers.filter(
    (server) => !server.startsWith('127.') && !server.includes(':'),
  );
  return { ...resolvers, nameservers: reachable.length > 0 ? reachable : [...publicServers] };
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
