import { type BerthClient, createBerthClient } from './berth.ts';
import { type ContainersClient, createContainersClient } from './containers.ts';
import { parseEndpoint, type TlsOptions } from './endpoint.ts';
import { DockerError } from './errors.ts';
import { createExecClient, type ExecClient } from './exec.ts';
import { createImagesClient, type ImagesClient } from './images.ts';
import { createNetworksClient, type NetworksClient } from './networks.ts';
import { createSystemClient, type SystemClient } from './system.ts';
import { Transport } from './transport.ts';
import { createVolumesClient, type VolumesClient } from './volumes.ts';

export interface DockerClientOptions {
  /** `unix:///path`, `tcp://host:port` (with TLS when `tls` is given) or `https://host:port`. */
  host?: string;
  /** Short for `host: unix://…`. */
  socketPath?: string;
  tls?: TlsOptions;
  /** Fixed version such as "1.41"; negotiated on the first call without it. */
  apiVersion?: string;
}

/**
 * Calls to one engine: berthd, dockerd, Podman's service, near or far. Every call rejects with a DockerError (or the
 * signal's reason); connections are opened when needed and kept for the next call.
 */
export interface DockerClient extends Disposable {
  /** The address, for messages. */
  readonly endpoint: string;
  readonly containers: ContainersClient;
  readonly exec: ExecClient;
  readonly images: ImagesClient;
  readonly networks: NetworksClient;
  readonly volumes: VolumesClient;
  readonly system: SystemClient;
  readonly berth: BerthClient;
  /** Closes idle connections. Streams in progress end by their own signals. */
  close(): void;
}

/** @throws DockerError when the address is malformed; connecting happens with the first call */
export function createDockerClient(options: DockerClientOptions): DockerClient {
  const address = options.host ?? options.socketPath;
  if (address === undefined) throw new DockerError('no engine address given');
  const transport = new Transport(parseEndpoint(address, options.tls), options.apiVersion);
  const close = () => transport.close();
  return {
    endpoint: transport.endpoint.display,
    containers: createContainersClient(transport),
    exec: createExecClient(transport),
    images: createImagesClient(transport),
    networks: createNetworksClient(transport),
    volumes: createVolumesClient(transport),
    system: createSystemClient(transport),
    berth: createBerthClient(transport),
    close,
    [Symbol.dispose]: close,
  };
}
