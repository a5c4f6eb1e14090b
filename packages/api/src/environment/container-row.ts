/** From the engine's container summary to a row of the table. */
import type { ContainerSummary } from '@berth/engine-api';
import type { Tone } from '../schemas/common.ts';
import { type ContainerRow, ContainerState } from '../schemas/containers.ts';

export function toRow(summary: ContainerSummary, oomKilled: boolean, nowMs: number): ContainerRow {
  const state = ContainerState.safeParse(summary.State).data ?? 'dead';
  const exitCode = exitCodeOf(summary.Status);
  const health = healthOf(summary.Status);
  return {
    id: summary.Id,
    name: summary.Names[0]?.replace(/^\//, '') ?? summary.Id.slice(0, 12),
    image: summary.Image,
    imageId: summary.ImageID,
    command: summary.Command,
    state,
    health,
    status: summary.Status,
    tone: toneOf({ state, health, exitCode, oomKilled }),
    exitCode,
    oomKilled,
    createdAtMs: summary.Created * 1000,
    stateSinceMs: sinceMs(summary.Status, nowMs),
    project: summary.Labels['com.docker.compose.project'] ?? null,
    service: summary.Labels['com.docker.compose.service'] ?? null,
    ports: portsOf(summary),
    networks: Object.entries(summary.NetworkSettings.Networks).map(([name, endpoint]) => ({
      name,
      ip: endpoint.IPAddress || null,
    })),
    labels: summary.Labels,
  };
}

/** One publication may be listed for IPv4 and IPv6; they are kept apart, in port order. */
function portsOf(summary: ContainerSummary): ContainerRow['ports'] {
  return summary.Ports.map((port) => ({
    ip: port.IP || null,
    containerPort: port.PrivatePort,
    hostPort: port.PublicPort ?? null,
    protocol: port.Type,
  })).sort((a, b) => a.containerPort - b.containerPort || (a.hostPort ?? 0) - (b.hostPort ?? 0));
}

/** “Exited (137) 5 minutes ago” */
function exitCodeOf(status: string): number | null {
  const code = /^(?:Exited|Dead|Restarting) \((\d+)\)/.exec(status)?.[1];
  return code === undefined ? null : Number(code);
}

function healthOf(status: string): ContainerRow['health'] {
  if (status.includes('(health: starting)')) return 'starting';
  if (status.includes('(unhealthy)')) return 'unhealthy';
  return status.includes('(healthy)') ? 'healthy' : 'none';
}

/** Codes of a process that ended because somebody asked it to: SIGINT, SIGKILL after the grace time, SIGTERM. */
const STOPPED_BY_USER = [0, 130, 137, 143];

/** Grey for finished and stopped on request, red for failed, unhealthy and out of memory, amber on the way. */
export function toneOf(row: Pick<ContainerRow, 'state' | 'health' | 'exitCode' | 'oomKilled'>): Tone {
  switch (row.state) {
    case 'running':
      return row.health === 'unhealthy' ? 'failed' : row.health === 'starting' ? 'transition' : 'ok';
    case 'paused':
    case 'restarting':
    case 'removing':
      return 'transition';
    case 'created':
      return 'created';
    case 'dead':
      return 'failed';
    case 'exited':
      return row.oomKilled || !STOPPED_BY_USER.includes(row.exitCode ?? 0) ? 'failed' : 'stopped';
  }
}

const UNIT_S: Record<string, number> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  month: 2_592_000,
  year: 31_536_000,
};

/** Docker's words for durations: “Less than a second”, “About a minute”, “About an hour”, “3 weeks”. */
function sinceMs(status: string, nowMs: number): number | null {
  const match = /(Less than a|About an?|\d+) (second|minute|hour|day|week|month|year)s?/.exec(status);
  if (!match) return null;
  const [, amount = '', unit = ''] = match;
  const count = amount.startsWith('Less') ? 0 : amount.startsWith('About') ? 1 : Number(amount);
  return nowMs - count * (UNIT_S[unit] ?? 0) * 1000;
}
