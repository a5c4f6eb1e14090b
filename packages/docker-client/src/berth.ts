/** Berth's own API, beside Docker's. */
import { HostUsage, KernelLimits } from '@berth/engine-api';
import type { Abortable } from './containers.ts';
import { isDockerError } from './errors.ts';
import { segment } from './path.ts';
import type { Transport } from './transport.ts';

export interface BerthClient {
  /** The host's usage, or undefined when the engine is not Berth. */
  host(options?: Abortable): Promise<HostUsage | undefined>;
  /** Limits as the kernel's files say now, or undefined when the engine is not Berth. */
  limits(containerRef: string, options?: Abortable): Promise<KernelLimits | undefined>;
}

export function createBerthClient(transport: Transport): BerthClient {
  const whereKnown = async <T>(call: Promise<T>): Promise<T | undefined> => {
    try {
      return await call;
    } catch (error) {
      // Other engines know no such page; an unknown container is a different message.
      if (isDockerError(error) && error.status === 404 && isUnknownPage(error.message)) return undefined;
      throw error;
    }
  };
  return {
    host: ({ signal } = {}) =>
      whereKnown(transport.json(HostUsage, { path: '/berth/v1/host', unversioned: true, signal })),
    limits: (containerRef, { signal } = {}) => {
      const path = `/berth/v1/containers/${segment(containerRef)}/limits`;
      return whereKnown(transport.json(KernelLimits, { path, unversioned: true, signal }));
    },
  };
}

/** dockerd says "page not found", Podman "Not Found". */
const isUnknownPage = (message: string): boolean => /^(404 )?(page )?not found$/i.test(message.trim());
