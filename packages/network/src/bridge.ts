/** The bridge containers are attached to. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { conflict, internal, invalidParameter } from '@berth/engine-api';
import {
  contains,
  formatAddress,
  formatSubnet,
  overlaps,
  parseAddress,
  parseCidr,
  type Subnet,
  subnetOf,
} from './address.ts';
import { runCommand } from './command.ts';

export interface BridgeRequest {
  name: string;
  instance: string;
  mtu: number;
  /** `--bip`: address and prefix of the bridge. */
  bip: string | undefined;
  /** What this data-root used before; kept while it is free. */
  previous: string | undefined;
}

export interface Bridge {
  name: string;
  address: number;
  subnet: Subnet;
}

/** Tried in order until one overlaps no route of the host. Docker's own pools come last. */
const defaultPools = [
  ...[30, 31, 28, 27, 26, 25, 24].map((second) => `172.${second}.0.1/16`),
  ...[64, 96, 128, 160, 192].map((third) => `192.168.${third}.1/20`),
  ...[17, 18, 19, 20, 21, 22, 23].map((second) => `172.${second}.0.1/16`),
];

interface ExistingLink {
  alias: string | undefined;
  kind: string | undefined;
  /** IPv4 addresses with prefix. */
  addresses: string[];
  isUp: boolean;
}

/** Linux limits: 15 bytes, no slash or space; iptables and /proc forbid the rest. */
export function checkBridgeName(name: string): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/.test(name)) throw invalidParameter(`invalid bridge name: ${name}`);
}

/**
 * Makes the bridge, or takes one that exists. A bridge an administrator made keeps its address; one that Berth made
 * follows `--bip`. Ownership is in the link's alias, which lives and dies with the link.
 * @throws conflict when the bridge belongs to another engine or has another address
 */
export async function ensureBridge(request: BridgeRequest): Promise<Bridge> {
  checkBridgeName(request.name);
  const existing = await findLink(request.name);
  const mark = `berth:${request.instance}`;
  if (existing !== undefined) checkUsable(request, existing, mark);
  const wanted = await chooseAddress(request, existing);
  const steps = existing === undefined ? makeSteps(request, mark) : [];
  if (existing?.addresses.includes(wanted) !== true) {
    if (existing !== undefined && existing.addresses.length > 0)
      steps.push(`address flush dev ${request.name}`);
    steps.push(`address add ${wanted} broadcast + dev ${request.name}`);
  }
  if (existing?.isUp !== true) steps.push(`link set ${request.name} up`);
  if (steps.length > 0) await runCommand('ip', ['-batch', '-'], `${steps.join('\n')}\n`);
  return { name: request.name, ...parseCidr(wanted, 'bridge address') };
}

/** Deletes a bridge this instance made; any other stays. */
export async function removeBridge(name: string, instance: string): Promise<void> {
  const existing = await findLink(name);
  if (existing?.alias === `berth:${instance}`) await runCommand('ip', ['link', 'delete', name]);
}

/** The address is fixed: a bridge otherwise takes the lowest of its ports', and changes it as containers come and go. */
function makeSteps({ name, instance, mtu }: BridgeRequest, mark: string): string[] {
  const tail =
    createHash('sha256').update(`${instance} ${name}`).digest('hex').slice(0, 8).match(/../g) ?? [];
  return [
    `link add name ${name} address ${['02', '42', ...tail].join(':')} mtu ${mtu} type bridge`,
    `link set ${name} alias ${mark}`,
  ];
}

function checkUsable(request: BridgeRequest, existing: ExistingLink, mark: string): void {
  const { name, bip } = request;
  if (existing.kind !== 'bridge') throw conflict(`the interface ${name} exists and is not a bridge`);
  if (existing.alias === mark) return;
  if (existing.alias?.startsWith('berth:') === true)
    throw conflict(`bridge ${name} belongs to another Berth engine: choose another name with --bridge`);
  if (bip !== undefined && existing.addresses.length > 0 && !existing.addresses.includes(bip))
    throw conflict(
      `bridge ${name} exists with the address ${existing.addresses.join(', ')}, which is not ${bip}`,
    );
}

async function chooseAddress(request: BridgeRequest, existing: ExistingLink | undefined): Promise<string> {
  const [present] = existing?.addresses ?? [];
  if (request.bip !== undefined) return checkBip(request.bip);
  if (present !== undefined) return present;
  const routes = await hostRoutes(request.name);
  const candidates = request.previous === undefined ? defaultPools : [request.previous, ...defaultPools];
  const free = candidates.find((candidate) => {
    const { subnet } = parseCidr(candidate, 'address pool');
    return !routes.some((route) => overlaps(route, subnet));
  });
  if (free === undefined)
    throw conflict('every default address pool overlaps a route of this host: choose a free one with --bip');
  return free;
}

function checkBip(bip: string): string {
  const { address, subnet } = parseCidr(bip, '--bip');
  if (subnet.prefixLength > 30 || address === subnet.base)
    throw invalidParameter(`--bip: ${bip} leaves no address for containers`);
  return `${formatAddress(address)}/${subnet.prefixLength}`;
}

/** Networks the host reaches by other ways than this bridge. */
async function hostRoutes(bridge: string): Promise<Subnet[]> {
  const [, ...lines] = (await readFile('/proc/net/route', 'utf8')).split('\n');
  const routes: Subnet[] = [];
  for (const line of lines) {
    const [device, destination, , , , , , mask] = line.split('\t');
    if (device === undefined || destination === undefined || mask === undefined || device === bridge)
      continue;
    const prefixLength = littleEndian(mask).toString(2).replaceAll('0', '').length;
    // The default route overlaps everything and means nothing.
    if (prefixLength > 0) routes.push(subnetOf(littleEndian(destination), prefixLength).subnet);
  }
  return routes;
}

/** The kernel prints addresses as they lie in memory. Berth runs on little-endian machines only, as Node does. */
const littleEndian = (hex: string): number => Buffer.from(hex, 'hex').readUInt32LE(0);

async function findLink(name: string): Promise<ExistingLink | undefined> {
  let text: string;
  try {
    text = await runCommand('ip', ['-json', '-details', 'address', 'show', 'dev', name]);
  } catch (error) {
    if (error instanceof Error && error.message.includes('does not exist')) return undefined;
    throw error;
  }
  const parsed: unknown = JSON.parse(text);
  const link: unknown = Array.isArray(parsed) ? parsed[0] : undefined;
  if (typeof link !== 'object' || link === null) throw internal(`ip printed no link ${name}`);
  return readLink(link);
}

function readLink(link: object): ExistingLink {
  const field = (value: object, key: string): unknown => Reflect.get(value, key);
  const details = field(link, 'linkinfo');
  const kind = typeof details === 'object' && details !== null ? field(details, 'info_kind') : undefined;
  const alias = field(link, 'ifalias');
  const flags = field(link, 'flags');
  const list = field(link, 'addr_info');
  const addresses = (Array.isArray(list) ? list : [])
    .filter((entry) => entry.family === 'inet')
    .map((entry) => `${entry.local}/${entry.prefixlen}`);
  return {
    alias: typeof alias === 'string' ? alias : undefined,
    kind: typeof kind === 'string' ? kind : undefined,
    addresses,
    isUp: Array.isArray(flags) && flags.includes('UP'),
  };
}

/** `--fixed-cidr` and `--default-gateway` have to lie in the bridge's network. @throws invalidParameter */
export function checkInside(
  bridge: Bridge,
  options: { fixedCidr: string | undefined; defaultGateway: string | undefined },
): {
  range: Subnet | undefined;
  gateway: number;
} {
  const where = formatSubnet(bridge.subnet);
  const range =
    options.fixedCidr === undefined ? undefined : parseCidr(options.fixedCidr, '--fixed-cidr').subnet;
  if (
    range !== undefined &&
    (!contains(bridge.subnet, range.base) || range.prefixLength < bridge.subnet.prefixLength)
  )
    throw invalidParameter(
      `--fixed-cidr: ${formatSubnet(range)} is not inside the bridge's network ${where}`,
    );
  const gateway =
    options.defaultGateway === undefined
      ? bridge.address
      : parseAddress(options.defaultGateway, '--default-gateway');
  if (!contains(bridge.subnet, gateway))
    throw invalidParameter(
      `--default-gateway: ${formatAddress(gateway)} is not inside the bridge's network ${where}`,
    );
  return { range, gateway };
}
