/** What a request says about the browser's side, with forwarded headers believed only from trusted proxies. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { ApiConfig } from '../config.ts';
import type { RequestFacts } from '../context.ts';
import { ConsoleError } from '../lib/errors.ts';

const FORWARDED = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
];

export type ReadFacts = (request: IncomingMessage) => RequestFacts;

/** @throws ConsoleError when a trusted proxy is neither an address nor a CIDR */
export function createFactsReader(config: Pick<ApiConfig, 'trustedProxies' | 'origins'>): ReadFacts {
  const proxies = blockList(config.trustedProxies);
  const isProxy = (address: string) =>
    isIP(address) !== 0 && proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (request) => {
    const headers = headersOf(request);
    const peer = plainAddress(request.socket.remoteAddress ?? '');
    const viaTrustedProxy = isProxy(peer);
    const believed = (name: string) => (viaTrustedProxy ? firstOf(headers.get(name)) : undefined);
    const host = believed('x-forwarded-host') ?? headers.get('host') ?? '';
    return {
      origin: headers.get('origin'),
      scheme: schemeOf(request, believed('x-forwarded-proto'), host, config.origins),
      host: host.toLowerCase(),
      ip: viaTrustedProxy ? clientAddress(headers.get('x-forwarded-for'), isProxy, peer) : peer,
      peer,
      viaTrustedProxy,
      forwarded: Object.fromEntries(
        FORWARDED.flatMap((name) => {
          const value = headers.get(name);
          return value === null ? [] : [[name, value]];
        }),
      ),
      fetchSite: headers.get('sec-fetch-site'),
      headers,
    };
  };
}

/** A configured https origin with this host says https even if the proxy forwards no header. */
function schemeOf(
  request: IncomingMessage,
  forwarded: string | undefined,
  host: string,
  origins: readonly string[],
): 'http' | 'https' {
  if (forwarded === 'https' || forwarded === 'http') return forwarded;
  if ('encrypted' in request.socket || origins.includes(`https://${host}`)) return 'https';
  return 'http';
}

/**
 * The right-most address that is not a trusted proxy: those further left were written by the client itself. What is no
 * address ends the search, or a proxy that writes “unknown” would let the client choose.
 */
function clientAddress(chain: string | null, isProxy: (address: string) => boolean, peer: string): string {
  const hops = (chain ?? '').split(',').map((hop) => plainAddress(withoutPort(hop.trim())));
  const client = hops.findLast((hop) => !isProxy(hop)) ?? '';
  return isIP(client) === 0 ? peer : client;
}

/** Some proxies write `1.2.3.4:567` or `[::1]:567`. */
const withoutPort = (hop: string): string =>
  /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? hop.replace(/^([\d.]+):\d+$/, '$1');

const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
const firstOf = (value: string | null): string | undefined => value?.split(',')[0]?.trim() || undefined;

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name.startsWith(':')) continue;
    headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address);
    const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix);
    if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 6 ? 128 : 32))
      throw new ConsoleError('invalid', `“${entry}” is not an address or a CIDR such as 10.0.0.0/8.`);
    list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
