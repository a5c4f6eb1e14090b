/** Namespaces a container shares: with the host, or with another container. */
import { conflict, invalidParameter } from '@berth/engine-api';
import type { EngineContext } from '../../context.ts';
import type { Container } from '../container.ts';

export interface JoinedNamespaces {
  /** A path, `host`, or undefined for one of its own. */
  network?: string;
  pid?: string;
  ipc?: string;
}

/** @throws notFound, conflict when the other container does not run */
export function joinedNamespaces(context: EngineContext, container: Container): JoinedNamespaces {
  const { PidMode: pid = '', IpcMode: ipc = '' } = container.hostConfig;
  const network = container.networkMode;
  const joined: JoinedNamespaces = {};
  if (network === 'host') joined.network = 'host';
  if (network.startsWith('container:')) joined.network = namespacePath(context, container, network, 'net');
  if (pid === 'host') joined.pid = 'host';
  if (pid.startsWith('container:')) joined.pid = namespacePath(context, container, pid, 'pid');
  if (ipc === 'host') joined.ipc = 'host';
  if (ipc.startsWith('container:')) {
    const { id, hostConfig } = joinedContainer(context, ipc);
    if (hostConfig.IpcMode !== 'shareable') {
      throw conflict(
        `can't join IPC of container ${id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
      );
    }
    joined.ipc = namespacePath(context, container, ipc, 'ipc');
  }
  return joined;
}

/** The container named by `container:<name or id>`. @throws notFound */
export const joinedContainer = (context: EngineContext, mode: string): Container =>
  context.store.index.get(mode.slice('container:'.length));

function namespacePath(context: EngineContext, container: Container, mode: string, type: string): string {
  const other = joinedContainer(context, mode);
  if (other === container) throw invalidParameter('cannot join own network namespace');
  if (!other.process)
    throw conflict(`cannot join the namespaces of container ${other.id}: it is not running`);
  return `/proc/${other.process.pid}/ns/${type}`;
}
