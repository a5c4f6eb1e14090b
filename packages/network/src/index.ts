export { createNetworks, removeInstance } from './networks.ts';
export type { NetworksOptions } from './settings.ts';
export type {
  Endpoint,
  EndpointConfig,
  InterfaceCounters,
  Logger,
  NetworkInfo,
  Networks,
  PortBinding,
  Sandbox,
  SandboxRequest,
} from './types.ts';
