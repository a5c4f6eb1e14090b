/** One container in every detail, and one line of the container list. */
import { z } from 'zod';
import { count, flag, integer, list, map, optional, struct, text } from '../fields.ts';
import { ContainerConfig, EndpointSettings, HostConfig, mountPoints, PortMap } from './config.ts';

export const containerStates = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
] as const;

export const HealthcheckResult = z.object({ Start: text, End: text, ExitCode: count, Output: text });
export type HealthcheckResult = z.infer<typeof HealthcheckResult>;

export const Health = z.object({
  /** none, starting, healthy or unhealthy. */
  Status: text,
  FailingStreak: count,
  Log: list(HealthcheckResult),
});
export type Health = z.infer<typeof Health>;

export const ContainerState = z.object({
  /** One of `containerStates`. */
  Status: text,
  Running: flag,
  Paused: flag,
  Restarting: flag,
  OOMKilled: flag,
  Dead: flag,
  Pid: count,
  ExitCode: count,
  Error: text,
  /** RFC 3339; "0001-01-01T00:00:00Z" for never. */
  StartedAt: text,
  FinishedAt: text,
  Health: optional(Health),
});
export type ContainerState = z.infer<typeof ContainerState>;

export const NetworkSettings = z.object({
  Bridge: text,
  SandboxID: text,
  SandboxKey: text,
  Ports: struct(PortMap),
  EndpointID: text,
  Gateway: text,
  IPAddress: text,
  IPPrefixLen: count,
  MacAddress: text,
  HairpinMode: optional(z.boolean()),
  LinkLocalIPv6Address: optional(z.string()),
  LinkLocalIPv6PrefixLen: optional(integer),
  IPv6Gateway: optional(z.string()),
  GlobalIPv6Address: optional(z.string()),
  GlobalIPv6PrefixLen: optional(integer),
  Networks: map(EndpointSettings),
});
export type NetworkSettings = z.infer<typeof NetworkSettings>;

/** `Data` is null where the driver has nothing to say. */
export const GraphDriver = z.object({
  Name: text,
  Data: z.preprocess((data) => data ?? null, z.record(z.string(), text).nullable()),
});
export type GraphDriver = z.infer<typeof GraphDriver>;

export const ContainerInspect = z.object({
  Id: z.string(),
  Created: text,
  Path: text,
  Args: list(text),
  State: struct(ContainerState),
  /** Image id. */
  Image: text,
  ResolvConfPath: text,
  HostnamePath: text,
  HostsPath: text,
  LogPath: text,
  /** With a leading slash. */
  Name: text,
  RestartCount: count,
  Driver: text,
  Platform: text,
  MountLabel: text,
  ProcessLabel: text,
  AppArmorProfile: text,
  ExecIDs: optional(z.array(text)),
  HostConfig: struct(HostConfig),
  GraphDriver: struct(GraphDriver),
  SizeRw: optional(integer),
  SizeRootFs: optional(integer),
  Mounts: mountPoints,
  Config: struct(ContainerConfig),
  NetworkSettings: struct(NetworkSettings),
});
export type ContainerInspect = z.infer<typeof ContainerInspect>;

/** One published or exposed port in the container list. */
export const PortSummary = z.object({
  IP: optional(z.string()),
  PrivatePort: count,
  PublicPort: optional(integer),
  Type: text,
});
export type PortSummary = z.infer<typeof PortSummary>;

export const ContainerSummary = z.object({
  Id: z.string(),
  /** With leading slashes. */
  Names: list(text),
  /** As the user named it. */
  Image: text,
  ImageID: text,
  Command: text,
  /** Unix seconds. */
  Created: count,
  Ports: list(PortSummary),
  SizeRw: optional(integer),
  SizeRootFs: optional(integer),
  Labels: map(text),
  /** One of `containerStates`. */
  State: text,
  /** For people: "Up 2 minutes (healthy)". */
  Status: text,
  HostConfig: struct(z.object({ NetworkMode: text, Annotations: optional(z.record(z.string(), text)) })),
  NetworkSettings: struct(z.object({ Networks: map(EndpointSettings) })),
  Mounts: mountPoints,
});
export type ContainerSummary = z.infer<typeof ContainerSummary>;
