/** One start of a container: everything it needs is made side by side, then its process is launched. */
import type { EndpointSettings } from '@berth/engine-api';
import type { Sandbox, SandboxRequest } from '@berth/network';
import type { ContainerProcess, LaunchRequest, OverlayRoot } from '@berth/runtime';
import type { EngineContext } from '../../context.ts';
import type { Container } from '../container.ts';
import { parseLogOptions } from '../create/log-options.ts';
import { portsToPublish } from '../create/ports.ts';
import { ensureBindSources } from '../create/prepare-mounts.ts';
import { buildSpec, networkSysctls } from '../spec/build.ts';
import { type GivenDevices, hostDevices, mappedDevices } from '../spec/host-devices.ts';
import type { ResolvedMount } from '../spec/mounts.ts';
import { type JoinedNamespaces, joinedContainer, joinedNamespaces } from './namespaces.ts';
import { hostnameOf, writeEarlyFiles, writeHosts } from './network-files.ts';
import type { Releases } from './releases.ts';

/** The running process, or nothing at all: what was made for a start that fails is taken back. */
export async function launch(
  context: EngineContext,
  releases: Releases,
  container: Container,
): Promise<ContainerProcess> {
  await releases.of(container.id);
  try {
    const parts = await prepare(context, releases, container);
    return await context.runtime.launch(launchRequest(context, container, parts));
  } catch (error) {
    await releases.begin(container);
    throw error;
  }
}

interface Parts {
  namespaces: JoinedNamespaces;
  overlay: OverlayRoot;
  mounts: ResolvedMount[];
  devices: GivenDevices;
}

async function prepare(context: EngineContext, releases: Releases, container: Container): Promise<Parts> {
  // Settled all together, so that no part is still being made while the others are taken back.
  const results = await Promise.allSettled([
    makeNetwork(context, releases, container),
    container.overlay ?? context.images.containerLayer(container.id),
    resolveMounts(context, container),
    resolveDevices(container),
    writeEarlyFiles(context, container),
  ]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  const [namespaces, overlay, mounts, devices] = results.map((result) =>
    result.status === 'fulfilled' ? result.value : undefined,
  ) as [JoinedNamespaces, OverlayRoot, ResolvedMount[], GivenDevices, undefined];
  container.overlay = overlay;
  return { namespaces, overlay, mounts, devices };
}

async function makeNetwork(
  context: EngineContext,
  releases: Releases,
  container: Container,
): Promise<JoinedNamespaces> {
  const namespaces = joinedNamespaces(context, container);
  if (namespaces.network !== undefined) {
    if (container.networkMode === 'host') await writeHosts(context, container, undefined);
    return namespaces;
  }
  const request = sandboxRequest(context, container);
  // A container that has just ended may still hold the port or the address this one asks for.
  if (request.ports.length > 0 || request.endpoint?.ipv4Address) await releases.all();
  const sandbox = await context.networks.createSandbox(request);
  container.sandbox = sandbox;
  announceNetwork(context, container, sandbox);
  await writeHosts(context, container, sandbox);
  return { ...namespaces, network: sandbox.netnsPath };
}

function sandboxRequest(context: EngineContext, container: Container): SandboxRequest {
  const mode = container.networkMode;
  const sysctls = {
    // Docker lets unprivileged processes bind low ports and ping, as each container has its own network.
    'net.ipv4.ip_unprivileged_port_start': '0',
    'net.ipv4.ping_group_range': '0 2147483647',
    ...networkSysctls(container.hostConfig.Sysctls ?? {}),
  };
  if (mode === 'none') return { containerId: container.id, mode: 'none', ports: [], sysctls };
  // Throws "network x not found" for one that does not exist.
  const network = context.networks.get(mode);
  const wishes: EndpointSettings = container.networks[network.name] ?? {};
  const ipv4Address = wishes.IPAMConfig?.IPv4Address || undefined;
  const macAddress = wishes.MacAddress || container.config.MacAddress || undefined;
  return {
    containerId: container.id,
    mode: 'bridge',
    ports: portsToPublish(container.config, container.hostConfig),
    sysctls,
    endpoint: { ...(ipv4Address ? { ipv4Address } : {}), ...(macAddress ? { macAddress } : {}) },
  };
}

function announceNetwork(context: EngineContext, container: Container, sandbox: Sandbox): void {
  if (!sandbox.endpoint) return;
  context.events.emit('network', 'connect', sandbox.endpoint.networkId, {
    container: container.id,
    name: sandbox.endpoint.networkName,
    type: 'bridge',
  });
}

async function resolveMounts(context: EngineContext, container: Container): Promise<ResolvedMount[]> {
  await ensureBindSources(container.mounts);
  return Promise.all(
    container.mounts.map(async (mount): Promise<ResolvedMount> => {
      const common = {
        destination: mount.Destination,
        readOnly: !mount.RW,
        propagation: mount.Propagation,
        recursive: !mount.NonRecursive,
        options: mount.TmpfsOptions,
      };
      if (mount.Type === 'tmpfs') return { ...common, type: 'tmpfs', source: '' };
      if (mount.Type === 'bind') return { ...common, type: 'bind', source: mount.Source };
      const volume = await context.volumes.get(mount.Name ?? '');
      context.events.emit('volume', 'mount', volume.name, {
        container: container.id,
        destination: mount.Destination,
        driver: volume.driver,
        propagation: mount.Propagation,
        'read/write': String(mount.RW),
      });
      return { ...common, type: 'bind', source: volume.mountpoint };
    }),
  );
}

async function resolveDevices(container: Container): Promise<GivenDevices> {
  if (container.hostConfig.Privileged) return { nodes: await hostDevices(), rules: [] };
  return mappedDevices(container.hostConfig.Devices ?? []);
}

function launchRequest(context: EngineContext, container: Container, parts: Parts): LaunchRequest {
  const { config, hostConfig } = container;
  const paths = context.store.paths(networkOwner(context, container).id);
  const parent = (hostConfig.CgroupParent ?? '').replace(/^\/+|\/+$/g, '');
  const spec = buildSpec({
    args: [container.path, ...container.args],
    config,
    hostConfig: { ...hostConfig, ...consoleSizeOf(container) },
    hostname: hostnameOf(networkOwner(context, container)),
    cgroupsPath: `${parent || `berth-${context.instance}`}/${container.id}`,
    cgroupVersion: context.runtime.cgroupVersion,
    namespaces: {
      ...parts.namespaces,
      network: parts.namespaces.network ?? 'host',
    },
    mounts: parts.mounts,
    files: [
      { destination: '/etc/resolv.conf', source: paths.resolvConf },
      { destination: '/etc/hostname', source: paths.hostname },
      { destination: '/etc/hosts', source: paths.hosts },
    ],
    devices: parts.devices,
    defaults: context.specDefaults,
  });
  const request: LaunchRequest = {
    id: container.id,
    spec,
    // Nobody reads what an auto-removed container wrote after it has ended.
    overlay: { ...parts.overlay, volatile: hostConfig.AutoRemove ?? false },
    groups: hostConfig.GroupAdd ?? [],
    user: config.User || '0',
    openStdin: config.OpenStdin ?? false,
  };
  const log = logFileOf(context, container);
  if (log) request.log = log;
  // Without anybody to wait for, the launcher need not stop before it executes the program.
  if (container.attachPoint.hasWaiting) {
    request.beforeStart = (process) => container.attachPoint.connect(process);
  }
  return request;
}

const consoleSizeOf = ({ terminalSize }: Container): { ConsoleSize?: number[] } =>
  terminalSize ? { ConsoleSize: [terminalSize.rows, terminalSize.columns] } : {};

/** With `--network container:X` the files and the name are those of X, as in Docker. */
function networkOwner(context: EngineContext, container: Container): Container {
  const mode = container.networkMode;
  return mode.startsWith('container:') ? joinedContainer(context, mode) : container;
}

function logFileOf(context: EngineContext, container: Container): LaunchRequest['log'] {
  const options = parseLogOptions(container.hostConfig.LogConfig ?? { Type: 'json-file', Config: {} });
  if (!options) return undefined;
  return {
    path: context.store.paths(container.id).log,
    ...(options.maxSizeBytes === undefined ? {} : { maxSizeBytes: options.maxSizeBytes }),
    ...(options.maxFiles === undefined ? {} : { maxFiles: options.maxFiles }),
  };
}

/** A failure to execute the program, recognised by its shape as it comes from another package. */
export const launchExitCode = (error: unknown): number | undefined => {
  if (!(error instanceof Error) || !('exitCode' in error)) return undefined;
  return typeof error.exitCode === 'number' ? error.exitCode : undefined;
};
