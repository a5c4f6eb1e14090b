/** One container in every detail. */
import type { ContainerInspect, HostConfig, MountPoint } from '@berth/engine-api';
import type { EngineContext } from '../context.ts';
import { toApiTime } from '../util/time.ts';
import type { Container } from './container.ts';
import { hostnameOf } from './lifecycle/network-files.ts';
import { networkSettings } from './network-settings.ts';
import { maskedPaths, readonlyPaths } from './spec/mounts.ts';
import { toApiState } from './state.ts';

export async function inspectContainer(
  context: EngineContext,
  container: Container,
  options: { size: boolean },
): Promise<ContainerInspect> {
  const paths = context.store.paths(container.id);
  const logs = container.hostConfig.LogConfig?.Type !== 'none';
  const sizes = options.size ? await containerSizes(context, container) : {};
  return {
    Id: container.id,
    Created: toApiTime(container.createdAt),
    Path: container.path,
    Args: [...container.args],
    State: toApiState(container.state),
    Image: container.imageId,
    ResolvConfPath: paths.resolvConf,
    HostnamePath: paths.hostname,
    HostsPath: paths.hosts,
    LogPath: logs ? paths.log : '',
    Name: `/${container.name}`,
    RestartCount: container.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ...(container.execIds.size > 0 ? { ExecIDs: [...container.execIds] } : {}),
    HostConfig: completeHostConfig(container.hostConfig),
    GraphDriver: await graphDriver(context, container),
    ...sizes,
    Mounts: mountPointsOf(container),
    Config: completeConfig(container),
    NetworkSettings: networkSettings(container),
  };
}

export async function containerSizes(
  context: EngineContext,
  container: Container,
): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const [own, image] = await Promise.all([
    context.images.containerLayerSize(container.id),
    // The image's name may be gone, and even its id while only the layers are still in use.
    context.images.get(container.imageId).then(
      ({ sizeBytes }) => sizeBytes,
      () => 0,
    ),
  ]);
  return { SizeRw: own, SizeRootFs: own + image };
}

async function graphDriver(
  context: EngineContext,
  container: Container,
): Promise<ContainerInspect['GraphDriver']> {
  const layer = container.overlay ?? (await context.images.containerLayer(container.id));
  container.overlay = layer;
  return {
    Name: 'overlay2',
    Data: {
      ID: container.id,
      LowerDir: layer.lower.join(':'),
      UpperDir: layer.upper,
      WorkDir: layer.work,
    },
  };
}

/** What clients of Docker see of a mount; a tmpfs of `--tmpfs` is only in the host config. */
export const mountPointsOf = (container: Container): MountPoint[] =>
  container.mounts
    .filter((mount) => mount.Type !== 'tmpfs' || !(mount.Destination in (container.hostConfig.Tmpfs ?? {})))
    .map(({ Type, Name, Source, Destination, Driver, Mode, RW, Propagation }) => ({
      Type,
      ...(Name === undefined ? {} : { Name }),
      Source,
      Destination,
      ...(Driver === undefined ? {} : { Driver }),
      Mode,
      RW,
      Propagation,
    }));

/** Clients read many fields without asking whether they are there. */
function completeConfig(container: Container): ContainerInspect['Config'] {
  const { config } = container;
  return {
    ...config,
    Hostname: hostnameOf(container),
    Domainname: config.Domainname ?? '',
    User: config.User ?? '',
    AttachStdin: config.AttachStdin ?? false,
    AttachStdout: config.AttachStdout ?? false,
    AttachStderr: config.AttachStderr ?? false,
    Tty: config.Tty ?? false,
    OpenStdin: config.OpenStdin ?? false,
    StdinOnce: config.StdinOnce ?? false,
    Env: config.Env ?? [],
    Image: config.Image ?? '',
    WorkingDir: config.WorkingDir ?? '',
    Labels: config.Labels ?? {},
  };
}

function completeHostConfig(hostConfig: HostConfig): HostConfig {
  const privileged = hostConfig.Privileged ?? false;
  return {
    AutoRemove: false,
    Binds: [],
    BlkioWeight: 0,
    CgroupParent: '',
    CpuCount: 0,
    CpuPercent: 0,
    CpuPeriod: 0,
    CpuQuota: 0,
    CpuShares: 0,
    CpusetCpus: '',
    CpusetMems: '',
    Devices: [],
    Dns: [],
    DnsOptions: [],
    DnsSearch: [],
    Memory: 0,
    MemoryReservation: 0,
    MemorySwap: 0,
    NanoCpus: 0,
    OomKillDisable: false,
    OomScoreAdj: 0,
    PidMode: '',
    PortBindings: {},
    Privileged: privileged,
    PublishAllPorts: false,
    ReadonlyRootfs: false,
    Ulimits: [],
    UTSMode: '',
    UsernsMode: '',
    VolumeDriver: '',
    MaskedPaths: privileged ? [] : [...maskedPaths],
    ReadonlyPaths: privileged ? [] : [...readonlyPaths],
    ...hostConfig,
  };
}
