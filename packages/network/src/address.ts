/** IPv4 arithmetic. Addresses are unsigned 32-bit numbers inside the package and dotted text at its edges. */
import { invalidParameter } from '@berth/engine-api';
import ipaddr from 'ipaddr.js';

export interface Subnet {
  /** First address, the network's own. */
  base: number;
  prefixLength: number;
}

/** @throws invalidParameter naming `what` when the text is no IPv4 address. */
export function parseAddress(text: string, what: string): number {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text))
    throw invalidParameter(`${what}: invalid IPv4 address: ${text}`);
  return ipaddr.IPv4.parse(text)
    .toByteArray()
    .reduce((value, byte) => value * 256 + byte, 0);
}

export const formatAddress = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');

/** `10.0.0.1/16` → the address and its subnet. @throws invalidParameter naming `what`. */
export function parseCidr(text: string, what: string): { address: number; subnet: Subnet } {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const prefixLength = /^\d{1,2}$/.test(prefix) ? Number(prefix) : -1;
  if (rest.length > 0 || prefixLength < 0 || prefixLength > 32)
    throw invalidParameter(`${what}: invalid CIDR address: ${text}`);
  return subnetOf(parseAddress(address, what), prefixLength);
}

export function subnetOf(address: number, prefixLength: number): { address: number; subnet: Subnet } {
  return { address, subnet: { base: address - (address % sizeOf(prefixLength)), prefixLength } };
}

const sizeOf = (prefixLength: number): number => 2 ** (32 - prefixLength);

export const formatSubnet = (subnet: Subnet): string =>
  `${formatAddress(subnet.base)}/${subnet.prefixLength}`;

export const lastAddress = (subnet: Subnet): number => subnet.base + sizeOf(subnet.prefixLength) - 1;

export const contains = (subnet: Subnet, address: number): boolean =>
  address >= subnet.base && address <= lastAddress(subnet);

export const overlaps = (a: Subnet, b: Subnet): boolean =>
  a.base <= lastAddress(b) && b.base <= lastAddress(a);

/** Docker's rule: 02:42 and the address, so a reused address meets no stale neighbour entry. */
export function macOf(address: number): string {
  const bytes = [24, 16, 8, 0].map((shift) => ((address >>> shift) & 0xff).toString(16).padStart(2, '0'));
  return `02:42:${bytes.join(':')}`;
}

/** Lower-case form. @throws invalidParameter for anything but a unicast MAC address. */
export function parseMac(text: string): string {
  const mac = text.toLowerCase().replaceAll('-', ':');
  const multicast = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) || multicast)
    throw invalidParameter(`invalid MAC address: ${text}`);
  return mac;
}
