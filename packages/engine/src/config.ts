/** What the daemon's configuration file and flags say about containers; everything has Docker's default. */
export interface EngineConfig {
  /** Host name shown by `info`; the host's own by default. */
  name?: string;
  version?: string;
  gitCommit?: string;
  buildTime?: string;
  debug?: boolean;
  labels?: readonly string[];
  dns?: readonly string[];
  dnsSearch?: readonly string[];
  dnsOptions?: readonly string[];
  /** `json-file` (default) or `none`. */
  logDriver?: string;
  logOpts?: Readonly<Record<string, string>>;
  defaultUlimits?: Readonly<Record<string, { soft: number; hard: number }>>;
  /** Bytes of /dev/shm; 64 MiB by default. */
  defaultShmSize?: number;
  noNewPrivileges?: boolean;
  /** `unconfined`, `builtin` (default) or the path of a profile. */
  seccompProfile?: string;
  /** Seconds containers get to stop when the daemon stops them; 15 by default. */
  shutdownTimeoutS?: number;
  /** Address that `host-gateway` in extra hosts means; the bridge's gateway by default. */
  hostGatewayIp?: string;
  registryMirrors?: readonly string[];
  insecureRegistries?: readonly string[];
}

export const defaultShmBytes = 64 * 1024 * 1024;
export const defaultStopTimeoutS = 10;
