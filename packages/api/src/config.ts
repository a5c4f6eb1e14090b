/** What the console is told from outside; read from the environment by the app, not here. */
export interface ApiConfig {
  /** Folder of the console's own data. */
  dataDir: string;
  /** Endpoint of the local engine: a socket path, `unix://…` or `tcp://…`. */
  engine: string;
  /** Where the console listens. */
  listen: { host: string; port: number };
  /** Further origins browsers use, e.g. `https://berth.example.org`, for proxies that forward no headers. */
  origins: readonly string[];
  /** Addresses or CIDRs whose `X-Forwarded-*` headers are believed. */
  trustedProxies: readonly string[];
  /** Instead of a random one. */
  setupCode: string | undefined;
}

/** pino fits. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
