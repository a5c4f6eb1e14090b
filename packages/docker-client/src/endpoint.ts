/** Where an engine listens, from Docker's `unix://`, `tcp://`, `http://` and `https://` forms. */
import { DockerError } from './errors.ts';

/** PEM texts for mutual TLS; `ca` alone only checks the server. */
export interface TlsOptions {
  ca?: string;
  cert?: string;
  key?: string;
  /** Name to check in the server's certificate, when it differs from the host. */
  serverName?: string;
  /** Accept any server certificate. */
  insecure?: boolean;
}

export type Endpoint =
  | { kind: 'unix'; socketPath: string; display: string }
  | { kind: 'tcp'; host: string; port: number; tls: TlsOptions | undefined; display: string };

const plainPort = 2375;
const tlsPort = 2376;

/** @throws DockerError when the form is unknown */
export function parseEndpoint(address: string, tls: TlsOptions | undefined): Endpoint {
  if (address.startsWith('/')) return { kind: 'unix', socketPath: address, display: `unix://${address}` };
  if (address.startsWith('unix://')) {
    const socketPath = address.slice('unix://'.length);
    if (!socketPath.startsWith('/')) throw new DockerError(`"${address}": the socket path must be absolute`);
    return { kind: 'unix', socketPath, display: address };
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !['tcp:', 'http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new DockerError(`"${address}" is not an engine address; use unix:///path or tcp://host:port`);
  }
  const secure = tls ?? (url.protocol === 'https:' ? {} : undefined);
  const port = url.port === '' ? (secure === undefined ? plainPort : tlsPort) : Number(url.port);
  return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, ''), port, tls: secure, display: address };
}
