/** The engine about itself: version, info, disk usage, events, and what pruning answers. */
import { z } from 'zod';
import { ContainerSummary } from './containers/inspect.ts';
import { count, flag, integer, list, map, optional, struct, text } from './fields.ts';
import { ImageDeleteItem, ImageSummary } from './images.ts';
import { VolumeSummary } from './volumes.ts';

/** The newest and the oldest Engine API version Berth speaks. */
export const apiVersion = '1.51';
export const minApiVersion = '1.24';

export const SystemVersion = z.object({
  Platform: struct(z.object({ Name: text })),
  Components: list(z.object({ Name: text, Version: text, Details: optional(z.record(z.string(), text)) })),
  Version: text,
  ApiVersion: text,
  MinAPIVersion: text,
  GitCommit: text,
  /** Docker's name for what the daemon is built with; clients print it. */
  GoVersion: text,
  Os: text,
  Arch: text,
  KernelVersion: text,
  Experimental: optional(z.boolean()),
  BuildTime: text,
});
export type SystemVersion = z.infer<typeof SystemVersion>;

const Commit = struct(z.object({ ID: text, Expected: optional(z.string()) }));

const RegistryIndex = z.object({ Name: text, Mirrors: list(text), Secure: flag, Official: flag });

const RegistryConfig = z.object({
  InsecureRegistryCIDRs: list(text),
  IndexConfigs: map(RegistryIndex),
  Mirrors: list(text),
});

const SwarmInfo = z.object({
  NodeID: text,
  NodeAddr: text,
  /** inactive, pending, active, error or locked. */
  LocalNodeState: text,
  ControlAvailable: flag,
  Error: text,
  RemoteManagers: z.preprocess(
    (managers) => managers ?? null,
    z.array(z.object({ NodeID: text, Addr: text })).nullable(),
  ),
  Nodes: optional(integer),
  Managers: optional(integer),
});

export const SystemInfo = z.object({
  ID: text,
  Containers: count,
  ContainersRunning: count,
  ContainersPaused: count,
  ContainersStopped: count,
  Images: count,
  Driver: text,
  DriverStatus: list(z.array(text)),
  SystemStatus: optional(z.array(z.array(text))),
  Plugins: struct(
    z.object({
      Volume: list(text),
      Network: list(text),
      Authorization: z.preprocess((names) => names ?? null, z.array(text).nullable()),
      Log: list(text),
    }),
  ),
  MemoryLimit: flag,
  SwapLimit: flag,
  KernelMemoryTCP: optional(z.boolean()),
  CpuCfsPeriod: flag,
  CpuCfsQuota: flag,
  CPUShares: flag,
  CPUSet: flag,
  PidsLimit: flag,
  IPv4Forwarding: flag,
  BridgeNfIptables: optional(z.boolean()),
  BridgeNfIp6tables: optional(z.boolean()),
  Debug: flag,
  NFd: count,
  OomKillDisable: flag,
  NGoroutines: count,
  /** RFC 3339. */
  SystemTime: text,
  LoggingDriver: text,
  CgroupDriver: text,
  CgroupVersion: text,
  NEventsListener: count,
  KernelVersion: text,
  OperatingSystem: text,
  OSVersion: text,
  OSType: text,
  Architecture: text,
  IndexServerAddress: text,
  RegistryConfig: optional(RegistryConfig),
  NCPU: count,
  /** Bytes. */
  MemTotal: count,
  GenericResources: z.preprocess((value) => value ?? null, z.array(z.unknown()).nullable()),
  DockerRootDir: text,
  HttpProxy: text,
  HttpsProxy: text,
  NoProxy: text,
  Name: text,
  Labels: list(text),
  ExperimentalBuild: flag,
  ServerVersion: text,
  Runtimes: map(
    z.object({
      path: optional(z.string()),
      runtimeArgs: optional(z.array(text)),
      status: optional(z.record(z.string(), text)),
    }),
  ),
  DefaultRuntime: text,
  Swarm: struct(SwarmInfo),
  LiveRestoreEnabled: flag,
  Isolation: text,
  InitBinary: text,
  ContainerdCommit: Commit,
  RuncCommit: Commit,
  InitCommit: Commit,
  SecurityOptions: list(text),
  ProductLicense: optional(z.string()),
  DefaultAddressPools: optional(z.array(z.object({ Base: text, Size: count }))),
  CDISpecDirs: list(text),
  Warnings: z.preprocess((warnings) => warnings ?? null, z.array(text).nullable()),
});
export type SystemInfo = z.infer<typeof SystemInfo>;

export const BuildCacheItem = z.object({
  ID: z.string(),
  Parents: optional(z.array(text)),
  Type: text,
  Description: text,
  InUse: flag,
  Shared: flag,
  Size: count,
  CreatedAt: text,
  LastUsedAt: optional(z.string()),
  UsageCount: count,
});
export type BuildCacheItem = z.infer<typeof BuildCacheItem>;

/** A part that was not asked for (`type` query) is absent. Sizes in bytes. */
export const DiskUsage = z.object({
  LayersSize: optional(integer),
  Images: optional(z.array(ImageSummary)),
  Containers: optional(z.array(ContainerSummary)),
  Volumes: optional(z.array(VolumeSummary)),
  BuildCache: optional(z.array(BuildCacheItem)),
  BuilderSize: optional(integer),
});
export type DiskUsage = z.infer<typeof DiskUsage>;

export const EventMessage = z.object({
  /** container, image, network, volume, daemon, … */
  Type: text,
  Action: text,
  Actor: struct(z.object({ ID: text, Attributes: map(text) })),
  /** local or swarm. */
  scope: text,
  /** Unix seconds. */
  time: count,
  /** Unix nanoseconds; beyond the safe integers, so exact only to about 200 ns. */
  timeNano: count,
  /** Legacy copies of Action, Actor.ID and the image, for containers and images. */
  status: optional(z.string()),
  id: optional(z.string()),
  from: optional(z.string()),
});
export type EventMessage = z.infer<typeof EventMessage>;

/** Each prune call fills its own part. */
export const PruneReport = z.object({
  ContainersDeleted: optional(z.array(text)),
  ImagesDeleted: optional(z.array(ImageDeleteItem)),
  NetworksDeleted: optional(z.array(text)),
  VolumesDeleted: optional(z.array(text)),
  CachesDeleted: optional(z.array(text)),
  /** Bytes. */
  SpaceReclaimed: count,
});
export type PruneReport = z.infer<typeof PruneReport>;
