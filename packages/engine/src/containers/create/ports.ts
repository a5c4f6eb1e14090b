/** Exposed and published ports. */
import { isIP } from 'node:net';
import { type ContainerConfig, type HostConfig, invalidParameter } from '@berth/engine-api';
import type { PortBinding } from '@berth/network';

/** @throws invalidParameter in Docker's words */
export function checkPorts(config: ContainerConfig, hostConfig: HostConfig): void {
  for (const port of Object.keys(config.ExposedPorts ?? {})) parsePort(port);
  for (const [port, bindings] of Object.entries(hostConfig.PortBindings ?? {})) {
    parsePort(port);
    for (const { HostIp, HostPort } of bindings ?? []) {
      if (HostIp !== '' && isIP(HostIp) === 0) throw invalidParameter(`invalid IP address: ${HostIp}`);
      parseHostPort(HostPort);
    }
  }
}

/** "80/tcp". */
function parsePort(text: string): { port: number; protocol: string } {
  const [number = '', protocol = 'tcp'] = text.split('/');
  const port = Number(number);
  if (!/^\d{1,5}$/.test(number) || port < 1 || port > 65535) {
    throw invalidParameter(`invalid port specification: "${text}"`);
  }
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) throw invalidParameter(`invalid proto: ${protocol}`);
  return { port, protocol };
}

/** "", "8080" or a range "8000-8010" of which one is taken. */
function parseHostPort(text: string): { first: number; last: number } {
  if (text === '') return { first: 0, last: 0 };
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (!match || first > 65535 || last > 65535 || last < first) {
    throw invalidParameter(`invalid port specification: "${text}"`);
  }
  return { first, last };
}

/** Wishes that `portsToPublish` leaves out. */
export function unpublishable(hostConfig: HostConfig): string[] {
  return Object.entries(hostConfig.PortBindings ?? {}).flatMap(([text, bindings]) => {
    if (parsePort(text).protocol === 'sctp') return [text];
    return (bindings ?? [])
      .filter(({ HostIp }) => isIP(HostIp) === 6)
      .map(({ HostIp }) => `[${HostIp}]:${text}`);
  });
}

/** What to publish when the container starts. IPv4 only: other host addresses are left out. */
export function portsToPublish(config: ContainerConfig, hostConfig: HostConfig): PortBinding[] {
  const published: PortBinding[] = [];
  const add = (text: string, hostIp: string, { first, last }: { first: number; last: number }): void => {
    const { port, protocol } = parsePort(text);
    if (protocol !== 'tcp' && protocol !== 'udp') return;
    if (isIP(hostIp) === 6) return;
    published.push({
      containerPort: port,
      protocol,
      hostIp: hostIp || '0.0.0.0',
      hostPort: first,
      ...(last > first ? { hostPortLast: last } : {}),
    });
  };
  for (const [text, bindings] of Object.entries(hostConfig.PortBindings ?? {})) {
    const list = bindings ?? [];
    for (const { HostIp, HostPort } of list.length > 0 ? list : [{ HostIp: '', HostPort: '' }]) {
      add(text, HostIp, parseHostPort(HostPort));
    }
  }
  if (hostConfig.PublishAllPorts) {
    for (const text of Object.keys(config.ExposedPorts ?? {})) {
      if (!hostConfig.PortBindings?.[normalPort(text)]) add(text, '', { first: 0, last: 0 });
    }
  }
  return published;
}

/** "80" and "80/tcp" are the same port. */
export const normalPort = (text: string): string => {
  const { port, protocol } = parsePort(text);
  return `${port}/${protocol}`;
};
