/** What the engine asks of the network package. */

/** Structural, so that pino fits. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One published port. `hostPort` 0 asks for a free one from the kernel's ephemeral range. */
export interface PortBinding {
  containerPort: number;
  protocol: 'tcp' | 'udp';
  /** Host address to bind, 0.0.0.0 for every one. */
  hostIp: string;
  hostPort: number;
  /** In a request: the end of a range that begins with `hostPort`; the first free one of it is taken. */
  hostPortLast?: number;
}

export interface EndpointConfig {
  /** Fixed address wanted by the user. */
  ipv4Address?: string;
  macAddress?: string;
}

export interface SandboxRequest {
  containerId: string;
  /** For messages about its ports, which Docker words with the container's name. */
  containerName?: string;
  /** `none`: only lo. `bridge`: the default bridge. (`host` and `container:` need no sandbox of their own.) */
  mode: 'none' | 'bridge';
  endpoint?: EndpointConfig;
  ports: PortBinding[];
  /** net.* sysctls to set inside the namespace. */
  sysctls?: Record<string, string>;
}

/** As the Engine API's EndpointSettings needs it. */
export interface Endpoint {
  networkName: string;
  networkId: string;
  endpointId: string;
  ipv4Address: string;
  ipv4PrefixLength: number;
  gateway: string;
  macAddress: string;
}

export interface Sandbox {
  containerId: string;
  /** Path to join: a bind-mounted nsfs file or /proc/<pid>/ns/net equivalent, under exec-root. */
  netnsPath: string;
  endpoint: Endpoint | undefined;
  /** With the host ports really taken. */
  ports: PortBinding[];
}

export interface NetworkInfo {
  id: string;
  name: string;
  driver: 'bridge' | 'host' | 'null';
  createdAt: Date;
  subnet: string | undefined;
  gateway: string | undefined;
  options: Record<string, string>;
  labels: Record<string, string>;
  internal: boolean;
  endpoints: Endpoint[];
  /** Container id of each endpoint, same order. */
  containers: string[];
}

export interface InterfaceCounters {
  name: string;
  rxBytes: number;
  rxPackets: number;
  rxErrors: number;
  rxDropped: number;
  txBytes: number;
  txPackets: number;
  txErrors: number;
  txDropped: number;
}

export interface Networks {
  /** Makes bridge and firewall chains, removes sandboxes of containers not in `containerIds`. */
  start(containerIds: ReadonlySet<string>): Promise<void>;
  list(): NetworkInfo[];
  /** By name, id or unique id prefix. @throws notFound "network x not found" */
  get(reference: string): NetworkInfo;
  /** Namespace, veth, address, rules and published ports, all or nothing. @throws conflict when a host port is taken, in Docker's words. */
  createSandbox(request: SandboxRequest): Promise<Sandbox>;
  /** The sandbox of a container that was running before this daemon started, or is now. */
  sandbox(containerId: string): Sandbox | undefined;
  /** Idempotent. */
  removeSandbox(containerId: string): Promise<void>;
  /** Of the sandbox's interfaces, without lo; empty when there is none. */
  counters(containerId: string): Promise<InterfaceCounters[]>;
  /** Host name servers to write into a container's resolv.conf (loopback ones left out). */
  resolvers(): Promise<{ nameservers: string[]; search: string[]; options: string[] }>;
  /** Releases what this process holds (listeners, watchers); rules and bridge stay for running containers. */
  close(): Promise<void>;
}
