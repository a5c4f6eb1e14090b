'use client';
import type { ContainerRow } from '@berth/api/schemas';
import { Tooltip } from '@berth/ui';

type Port = ContainerRow['ports'][number];

const loopback = /^(127\.|::1$)/;
const securePorts = new Set([443, 8443, 9443]);

/** Address of a published port as this browser can reach it; null where it cannot (udp, or loopback of another host). */
export function portUrl(port: Port, hostName: string): string | null {
  if (port.hostPort === null || port.protocol !== 'tcp') return null;
  const local = hostName === 'localhost' || loopback.test(hostName.replace(/^\[|\]$/g, ''));
  if (port.ip && loopback.test(port.ip) && !local) return null;
  const any = !port.ip || port.ip === '0.0.0.0' || port.ip === '::' || loopback.test(port.ip);
  const host = any ? hostName : port.ip?.includes(':') ? `[${port.ip}]` : port.ip;
  return `${securePorts.has(port.containerPort) ? 'https' : 'http'}://${host}:${port.hostPort}`;
}

/** One entry for IPv4 and IPv6 of the same port, published ones first. */
export function distinctPorts(ports: readonly Port[]): Port[] {
  const seen = new Map<string, Port>();
  for (const port of ports) {
    const key = `${port.hostPort}/${port.containerPort}/${port.protocol}`;
    if (!seen.has(key)) seen.set(key, port);
  }
  return [...seen.values()].sort((one, other) => (one.hostPort ?? 1e6) - (other.hostPort ?? 1e6));
}

const words = (port: Port): string => {
  const suffix = port.protocol === 'tcp' ? '' : `/${port.protocol}`;
  return port.hostPort === null ? `${port.containerPort}${suffix}` : `:${port.hostPort}${suffix}`;
};

const explain = (port: Port): string =>
  port.hostPort === null
    ? `Port ${port.containerPort}/${port.protocol} of the container, not published`
    : `${port.ip ?? '0.0.0.0'}:${port.hostPort} leads to port ${port.containerPort}/${port.protocol} of the container`;

/** Published ports as links to the host this browser came through. Long lists end in "+N". */
export function Ports({ ports, limit = 2 }: { ports: readonly Port[]; limit?: number }) {
  const list = distinctPorts(ports);
  const published = list.filter((port) => port.hostPort !== null);
  const shown = (published.length > 0 ? published : list).slice(0, limit);
  const rest = list.filter((port) => !shown.includes(port));
  if (list.length === 0) return <span className="text-grey-10">—</span>;
  return (
    <span className="flex min-w-0 items-center gap-2 font-mono text-xs">
      {shown.map((port) => (
        <PortLink key={`${port.hostPort}${port.containerPort}${port.protocol}`} port={port} />
      ))}
      {rest.length > 0 && (
        <Tooltip
          text={
            <span className="flex flex-col">
              {rest.map((port) => (
                <span key={explain(port)}>{explain(port)}</span>
              ))}
            </span>
          }
        >
          <button
            type="button"
            className="h-6 min-w-6 rounded-sm px-0.5 font-sans text-grey-10 hover:text-grey-12"
          >
            +{rest.length}
          </button>
        </Tooltip>
      )}
    </span>
  );
}

export function PortLink({ port }: { port: Port }) {
  const url = portUrl(port, window.location.hostname);
  if (!url) {
    return (
      <span title={explain(port)} className="text-grey-10">
        {words(port)}
      </span>
    );
  }
  return (
    <a
      href={url}
      target="_blank"
      rel="noreferrer"
      title={`Open ${url}\n${explain(port)}`}
      className="text-accent-text hover:underline"
    >
      {words(port)}
    </a>
  );
}
