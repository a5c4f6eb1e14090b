/** Makes a container: everything is checked first, then made side by side, then it exists at once or not at all. */
import {
  type ContainerCreateBody,
  type ContainerCreateResponse,
  type EndpointSettings,
  type HostConfig,
  invalidParameter,
  notImplemented,
} from '@berth/engine-api';
import { defaultShmBytes } from '../../config.ts';
import { type EngineContext, emitContainerEvent } from '../../context.ts';
import { newId } from '../../util/ids.ts';
import { Container } from '../container.ts';
import type { RecordMount } from '../record.ts';
import { checkName, randomName } from '../store/names.ts';
import { checkEnvironment, commandOf, mergeConfig, withDefaults } from './merge-config.ts';
import { namedContainer } from './named-container.ts';
import { type MountRequest, parseMounts } from './parse-mounts.ts';
import { normalPort } from './ports.ts';
import { populateVolumes, prepareMounts } from './prepare-mounts.ts';
import { validateCreate } from './validate.ts';
import { volumesFrom } from './volumes-from.ts';

/** @throws notFound for the image, conflict for the name, invalidParameter for the rest */
export async function createContainer(
  context: EngineContext,
  body: ContainerCreateBody,
  options: { name: string | undefined; platform: string | undefined },
): Promise<ContainerCreateResponse> {
  const { HostConfig: givenHost = {}, NetworkingConfig, ...given } = body;
  const warnings = validateCreate(given, givenHost);
  const name = options.name ? checkName(options.name) : undefined;
  const image = await context.images.get(given.Image ?? '');
  checkPlatform(options.platform, image.config.architecture, given.Image ?? '');
  const config = mergeConfig(given, image.config);
  config.Env = checkEnvironment(config.Env ?? []);
  exposePublished(config, givenHost);
  const hostConfig = resolveHostConfig(context, givenHost);
  const { path, args } = commandOf(config);
  const requests = parseMounts(config, hostConfig);
  if (requests.some(({ subpath }) => subpath !== '')) {
    throw notImplemented('mounting a part of a volume (Subpath) is not supported yet');
  }
  const id = newId();
  const container = new Container({
    id,
    name: reserveName(context, name, id),
    createdAt: new Date(),
    path,
    args,
    imageId: image.id,
    config,
    hostConfig,
    mounts: [],
    networks: endpointWishes(NetworkingConfig?.EndpointsConfig ?? {}),
  });
  try {
    await make(context, container, requests);
  } catch (error) {
    context.store.index.release(container.name, id);
    throw error;
  }
  emitContainerEvent(context, container, 'create');
  return { Id: id, Warnings: warnings };
}

async function make(
  context: EngineContext,
  container: Container,
  requests: readonly MountRequest[],
): Promise<void> {
  const created: string[] = [];
  const inherited = volumesFrom(context, container.hostConfig.VolumesFrom ?? [], requests);
  const [layer, mounts] = await Promise.allSettled([
    context.images.createContainerLayer(container.id, container.imageId),
    prepareMounts(requests, context.volumes, created),
  ]);
  try {
    if (layer.status === 'rejected') throw layer.reason;
    if (mounts.status === 'rejected') throw mounts.reason;
    container.overlay = layer.value;
    container.mounts = sortMounts([...mounts.value, ...inherited]);
    await populateVolumes(container.mounts, context.volumes, layer.value);
    await context.store.create(container);
    context.store.index.add(container);
    announceVolumes(context, created);
  } catch (error) {
    await undo(context, container, created);
    throw error;
  }
}

/** Takes back what was made; its own failures are logged, the first error is what the user needs to see. */
async function undo(context: EngineContext, container: Container, volumes: readonly string[]): Promise<void> {
  const { background, images, store, volumes: volumeStore } = context;
  const fields = { containerId: container.id };
  await Promise.all([
    background.run('remove the layer', fields, () => images.removeContainerLayer(container.id)),
    background.run('remove the files', fields, () => store.deleteFiles(container)),
    ...volumes.map((name) =>
      background.run('remove the volume', { ...fields, volume: name }, () =>
        volumeStore.remove(name, { force: true, usedBy: () => [] }),
      ),
    ),
  ]);
}

function announceVolumes(context: EngineContext, names: readonly string[]): void {
  for (const name of names) context.events.emit('volume', 'create', name, { driver: 'local' });
}

function reserveName(context: EngineContext, wanted: string | undefined, id: string): string {
  const { index } = context.store;
  const name = wanted ?? randomName((candidate) => index.hasName(candidate));
  index.reserve(name, id);
  return name;
}

function resolveHostConfig(context: EngineContext, given: HostConfig): HostConfig {
  const { config, runtime } = context;
  const hostConfig = withDefaults(given, {
    logDriver: config.logDriver ?? 'json-file',
    logOpts: config.logOpts ?? {},
    cgroupVersion: runtime.cgroupVersion,
    shmSize: config.defaultShmSize ?? defaultShmBytes,
  });
  // By id from now on, as the other container may be renamed.
  const resolve = (mode: string | undefined): string | undefined => {
    if (!mode?.startsWith('container:')) return mode;
    return `container:${namedContainer(context, mode.slice('container:'.length)).id}`;
  };
  for (const field of ['NetworkMode', 'PidMode', 'IpcMode'] as const) {
    const mode = resolve(hostConfig[field]);
    if (mode !== undefined) hostConfig[field] = mode;
  }
  return hostConfig;
}

/** A published port is an exposed one. */
function exposePublished(
  config: { ExposedPorts?: Record<string, object> | undefined },
  hostConfig: HostConfig,
): void {
  const ports = Object.keys(hostConfig.PortBindings ?? {});
  if (ports.length === 0) return;
  config.ExposedPorts = {
    ...config.ExposedPorts,
    ...Object.fromEntries(ports.map((port) => [normalPort(port), {}])),
  };
}

const endpointWishes = (endpoints: Record<string, EndpointSettings>): Record<string, EndpointSettings> =>
  Object.fromEntries(
    Object.entries(endpoints).map(([network, wishes]) => [
      network === 'default' ? 'bridge' : network,
      wishes,
    ]),
  );

const sortMounts = (mounts: readonly RecordMount[]): RecordMount[] =>
  [...mounts].sort((a, b) => (a.Destination < b.Destination ? -1 : 1));

const architectures: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

function checkPlatform(wanted: string | undefined, actual: string, image: string): void {
  if (!wanted) return;
  const [os = '', architecture] = wanted.split('/');
  if (os !== 'linux') {
    throw invalidParameter(`operating system is not supported: ${os}; this engine runs linux containers`);
  }
  if (architecture === undefined || architecture === actual) return;
  const host = architectures[process.arch] ?? process.arch;
  throw invalidParameter(
    `image with reference ${image} was found but its platform (linux/${actual}) does not match the specified platform (${wanted}); this host is linux/${host}`,
  );
}
