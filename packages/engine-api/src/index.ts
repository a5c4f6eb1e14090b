export { HostUsage, KernelLimits } from './berth.ts';
export {
  ContainerConfig,
  DeviceMapping,
  DeviceRequest,
  EndpointIpamConfig,
  EndpointSettings,
  HealthConfig,
  HostConfig,
  LogConfig,
  Mount,
  MountPoint,
  NetworkingConfig,
  PortBindingSpec,
  PortMap,
  ResourceLimits,
  RestartPolicy,
  restartPolicyNames,
  Ulimit,
} from './containers/config.ts';
export {
  ContainerCreateBody,
  ContainerCreateResponse,
  ContainerTopResponse,
  ContainerUpdateBody,
  ContainerUpdateResponse,
  ContainerWaitResponse,
} from './containers/create.ts';
export { ExecCreateBody, ExecCreateResponse, ExecInspect, ExecStartBody } from './containers/exec.ts';
export {
  ContainerInspect,
  ContainerState,
  ContainerSummary,
  containerStates,
  GraphDriver,
  Health,
  HealthcheckResult,
  NetworkSettings,
  PortSummary,
} from './containers/inspect.ts';
export type { BlkioEntry } from './containers/stats.ts';
export { BlkioStats, ContainerStats, CpuStats, MemoryStats, NetworkStats } from './containers/stats.ts';
export {
  conflict,
  EngineError,
  type EngineErrorOptions,
  type ErrorKind,
  forbidden,
  httpStatusOf,
  internal,
  invalidParameter,
  isEngineError,
  notFound,
  notImplemented,
  notModified,
  unauthorized,
  unavailable,
} from './errors.ts';
export { booleanFilter, checkFilterNames, type Filters, parseFilters } from './filters.ts';
export {
  ImageDeleteItem,
  ImageHistoryItem,
  ImageInspect,
  ImageSummary,
  ProgressLine,
  RegistryAuthConfig,
} from './images.ts';
export { instanceOf } from './instance.ts';
export { Ipam, IpamConfig, NetworkContainer, NetworkInspect } from './networks.ts';
export { parseLenient, parseRequest } from './parse.ts';
export {
  apiVersion,
  BuildCacheItem,
  DiskUsage,
  EventMessage,
  minApiVersion,
  PruneReport,
  SystemInfo,
  SystemVersion,
} from './system.ts';
export { VolumeCreateBody, VolumeListResponse, VolumeSummary } from './volumes.ts';
