import { invalidParameter } from '@berth/engine-api';

/** Far above any real value, far below what the helper reads in one line. */
const maxValueLength = 512;
const maxNameLength = 200;

/**
 * `net.ipv4.ip_forward` → `net/ipv4/ip_forward`. As sysctl(8): when the first separator is a slash, dots are part of
 * names (`net/ipv4/conf/eth0.100/forwarding`).
 * @throws invalidParameter for a name outside net.*, which is not of this namespace
 */
export function sysctlPath(name: string): string {
  const path = /^[^./]*\//.test(name)
    ? name
    : name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
  const isPlain = /^net(\/[a-zA-Z0-9_-][a-zA-Z0-9_.-]*)+$/.test(path);
  if (!isPlain || path.includes('..') || path.length > maxNameLength)
    throw invalidParameter(`sysctl "${name}" is not a setting of a network namespace`);
  return path;
}

/** @throws invalidParameter for an empty value or one of several lines. */
export function sysctlValue(name: string, value: string): string {
  if (value === '' || value.length > maxValueLength || /[\0\r\n]/.test(value))
    throw invalidParameter(`sysctl "${name}" has an invalid value`);
  return value;
}
