/** What a container is made of, as create takes it and inspect gives it back. */
import { z } from 'zod';
import { count, flag, integer, keySet, list, map, optional, text, words } from '../fields.ts';

/** Durations in nanoseconds; zero or absent inherits from the image. */
export const HealthConfig = z.object({
  /** Empty inherits, ["NONE"] disables, ["CMD", …] runs, ["CMD-SHELL", line] runs through the shell. */
  Test: optional(z.array(text)),
  Interval: optional(integer),
  Timeout: optional(integer),
  StartPeriod: optional(integer),
  StartInterval: optional(integer),
  Retries: optional(integer),
});
export type HealthConfig = z.infer<typeof HealthConfig>;

export const ContainerConfig = z.object({
  Hostname: optional(z.string()),
  Domainname: optional(z.string()),
  User: optional(z.string()),
  AttachStdin: optional(z.boolean()),
  AttachStdout: optional(z.boolean()),
  AttachStderr: optional(z.boolean()),
  /** Keys such as "80/tcp". */
  ExposedPorts: optional(keySet),
  Tty: optional(z.boolean()),
  OpenStdin: optional(z.boolean()),
  StdinOnce: optional(z.boolean()),
  Env: optional(z.array(text)),
  Cmd: words,
  Healthcheck: optional(HealthConfig),
  ArgsEscaped: optional(z.boolean()),
  Image: optional(z.string()),
  Volumes: optional(keySet),
  WorkingDir: optional(z.string()),
  Entrypoint: words,
  NetworkDisabled: optional(z.boolean()),
  MacAddress: optional(z.string()),
  OnBuild: optional(z.array(text)),
  Labels: optional(z.record(z.string(), text)),
  StopSignal: optional(z.string()),
  /** Seconds. */
  StopTimeout: optional(integer),
  Shell: words,
});
export type ContainerConfig = z.infer<typeof ContainerConfig>;

export const PortBindingSpec = z.object({ HostIp: text, HostPort: text });
export type PortBindingSpec = z.infer<typeof PortBindingSpec>;
/** By "80/tcp"; null for a port that is exposed and not published. */
export const PortMap = z.record(z.string(), z.array(PortBindingSpec).nullable());
export type PortMap = z.infer<typeof PortMap>;

export const restartPolicyNames = ['', 'no', 'always', 'unless-stopped', 'on-failure'] as const;
/** The name is checked where the policy is applied, so that its message is Docker's. */
export const RestartPolicy = z.object({ Name: text, MaximumRetryCount: count });
export type RestartPolicy = z.infer<typeof RestartPolicy>;

export const LogConfig = z.object({ Type: text, Config: map(text) });
export type LogConfig = z.infer<typeof LogConfig>;

export const Ulimit = z.object({ Name: text, Soft: count, Hard: count });
export type Ulimit = z.infer<typeof Ulimit>;

export const DeviceMapping = z.object({ PathOnHost: text, PathInContainer: text, CgroupPermissions: text });
export type DeviceMapping = z.infer<typeof DeviceMapping>;

export const DeviceRequest = z.object({
  Driver: text,
  Count: count,
  DeviceIDs: optional(z.array(text)),
  Capabilities: optional(z.array(z.array(text))),
  Options: optional(z.record(z.string(), text)),
});
export type DeviceRequest = z.infer<typeof DeviceRequest>;

const WeightDevice = z.object({ Path: text, Weight: count });
const ThrottleDevice = z.object({ Path: text, Rate: count });

export const Mount = z.object({
  /** bind, volume, tmpfs, npipe, cluster or image. */
  Type: text,
  Source: optional(z.string()),
  Target: text,
  ReadOnly: optional(z.boolean()),
  Consistency: optional(z.string()),
  BindOptions: optional(
    z.object({
      Propagation: optional(z.string()),
      NonRecursive: optional(z.boolean()),
      CreateMountpoint: optional(z.boolean()),
      ReadOnlyNonRecursive: optional(z.boolean()),
      ReadOnlyForceRecursive: optional(z.boolean()),
    }),
  ),
  VolumeOptions: optional(
    z.object({
      NoCopy: optional(z.boolean()),
      Labels: optional(z.record(z.string(), text)),
      Subpath: optional(z.string()),
      DriverConfig: optional(
        z.object({ Name: optional(z.string()), Options: optional(z.record(z.string(), text)) }),
      ),
    }),
  ),
  ImageOptions: optional(z.object({ Subpath: optional(z.string()) })),
  TmpfsOptions: optional(
    z.object({
      SizeBytes: optional(integer),
      Mode: optional(integer),
      Options: optional(z.array(z.array(text))),
    }),
  ),
});
export type Mount = z.infer<typeof Mount>;

/** The limits that can also change while the container runs. Sizes in bytes, times in microseconds. */
const resourceFields = {
  CpuShares: optional(integer),
  Memory: optional(integer),
  NanoCpus: optional(integer),
  CgroupParent: optional(z.string()),
  BlkioWeight: optional(integer),
  BlkioWeightDevice: optional(z.array(WeightDevice)),
  BlkioDeviceReadBps: optional(z.array(ThrottleDevice)),
  BlkioDeviceWriteBps: optional(z.array(ThrottleDevice)),
  BlkioDeviceReadIOps: optional(z.array(ThrottleDevice)),
  BlkioDeviceWriteIOps: optional(z.array(ThrottleDevice)),
  CpuPeriod: optional(integer),
  CpuQuota: optional(integer),
  CpuRealtimePeriod: optional(integer),
  CpuRealtimeRuntime: optional(integer),
  CpusetCpus: optional(z.string()),
  CpusetMems: optional(z.string()),
  Devices: optional(z.array(DeviceMapping)),
  DeviceCgroupRules: optional(z.array(text)),
  DeviceRequests: optional(z.array(DeviceRequest)),
  KernelMemory: optional(integer),
  KernelMemoryTCP: optional(integer),
  MemoryReservation: optional(integer),
  /** Memory plus swap; -1 is unlimited swap. */
  MemorySwap: optional(integer),
  MemorySwappiness: optional(integer),
  OomKillDisable: optional(z.boolean()),
  /** 0 or -1 is unlimited. */
  PidsLimit: optional(integer),
  Ulimits: optional(z.array(Ulimit)),
  CpuCount: optional(integer),
  CpuPercent: optional(integer),
  IOMaximumIOps: optional(integer),
  IOMaximumBandwidth: optional(integer),
};

export const ResourceLimits = z.object(resourceFields);
export type ResourceLimits = z.infer<typeof ResourceLimits>;

export const HostConfig = z.object({
  ...resourceFields,
  Binds: optional(z.array(text)),
  ContainerIDFile: optional(z.string()),
  LogConfig: optional(LogConfig),
  NetworkMode: optional(z.string()),
  PortBindings: optional(PortMap),
  RestartPolicy: optional(RestartPolicy),
  AutoRemove: optional(z.boolean()),
  VolumeDriver: optional(z.string()),
  VolumesFrom: optional(z.array(text)),
  Mounts: optional(z.array(Mount)),
  /** [rows, columns] */
  ConsoleSize: optional(z.array(integer).max(2)),
  Annotations: optional(z.record(z.string(), text)),
  CapAdd: words,
  CapDrop: words,
  CgroupnsMode: optional(z.string()),
  Dns: optional(z.array(text)),
  DnsOptions: optional(z.array(text)),
  DnsSearch: optional(z.array(text)),
  ExtraHosts: optional(z.array(text)),
  GroupAdd: optional(z.array(text)),
  IpcMode: optional(z.string()),
  Cgroup: optional(z.string()),
  Links: optional(z.array(text)),
  OomScoreAdj: optional(integer),
  PidMode: optional(z.string()),
  Privileged: optional(z.boolean()),
  PublishAllPorts: optional(z.boolean()),
  ReadonlyRootfs: optional(z.boolean()),
  SecurityOpt: optional(z.array(text)),
  StorageOpt: optional(z.record(z.string(), text)),
  Tmpfs: optional(z.record(z.string(), text)),
  UTSMode: optional(z.string()),
  UsernsMode: optional(z.string()),
  ShmSize: optional(integer),
  Sysctls: optional(z.record(z.string(), text)),
  Runtime: optional(z.string()),
  Isolation: optional(z.string()),
  MaskedPaths: optional(z.array(text)),
  ReadonlyPaths: optional(z.array(text)),
  Init: optional(z.boolean()),
});
export type HostConfig = z.infer<typeof HostConfig>;

export const EndpointIpamConfig = z.object({
  IPv4Address: optional(z.string()),
  IPv6Address: optional(z.string()),
  LinkLocalIPs: optional(z.array(text)),
});
export type EndpointIpamConfig = z.infer<typeof EndpointIpamConfig>;

/** How a container is connected to one network: wishes on create, facts on inspect. */
export const EndpointSettings = z.object({
  IPAMConfig: optional(EndpointIpamConfig),
  Links: optional(z.array(text)),
  Aliases: optional(z.array(text)),
  MacAddress: optional(z.string()),
  DriverOpts: optional(z.record(z.string(), text)),
  GwPriority: optional(integer),
  NetworkID: optional(z.string()),
  EndpointID: optional(z.string()),
  Gateway: optional(z.string()),
  IPAddress: optional(z.string()),
  IPPrefixLen: optional(integer),
  IPv6Gateway: optional(z.string()),
  GlobalIPv6Address: optional(z.string()),
  GlobalIPv6PrefixLen: optional(integer),
  DNSNames: optional(z.array(text)),
});
export type EndpointSettings = z.infer<typeof EndpointSettings>;

export const NetworkingConfig = z.object({ EndpointsConfig: map(EndpointSettings) });
export type NetworkingConfig = z.infer<typeof NetworkingConfig>;

/** One mount of an existing container. */
export const MountPoint = z.object({
  Type: text,
  Name: optional(z.string()),
  Source: text,
  Destination: text,
  Driver: optional(z.string()),
  Mode: text,
  RW: flag,
  Propagation: text,
});
export type MountPoint = z.infer<typeof MountPoint>;

export const mountPoints = list(MountPoint);
