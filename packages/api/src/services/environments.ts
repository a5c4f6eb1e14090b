/** The engines the console talks to. */
import type { PrismaClient } from '@berth/db';
import { createDockerClient, type DockerClient, isDockerError } from '@berth/docker-client';
import type { ApiConfig } from '../config.ts';
import { createContainers } from '../environment/containers.ts';
import { createHub } from '../environment/hub.ts';
import { createImages } from '../environment/images.ts';
import { createLive } from '../environment/live.ts';
import { createNetworks } from '../environment/networks.ts';
import { createSystem, engineName } from '../environment/system.ts';
import { createVolumes } from '../environment/volumes.ts';
import { ConsoleError } from '../lib/errors.ts';
import type { EnvironmentRow } from '../schemas/system.ts';
import type { EnvironmentServices, EnvironmentsService } from './types.ts';

export interface Environments extends EnvironmentsService, Disposable {
  /** The engine's client, for services that are not about one environment alone (jobs, terminals). */
  client(id: string): Promise<DockerClient>;
}

interface Opened {
  endpoint: string;
  client: DockerClient;
  services: EnvironmentServices;
}

const ASK_MS = 3_000;

/** Makes the `local` environment on first start; later the configuration's endpoint wins over the stored one. */
export async function createEnvironments(
  database: PrismaClient,
  config: Pick<ApiConfig, 'engine'>,
): Promise<Environments> {
  const local = { name: 'local', endpoint: config.engine };
  await database.environment.upsert({
    where: { id: 'local' },
    create: { id: 'local', ...local },
    update: local,
  });
  const opened = new Map<string, Opened>();

  async function open(id: string): Promise<Opened> {
    const known = opened.get(id);
    if (known) return known;
    const stored = await database.environment.findUnique({ where: { id } });
    if (!stored) throw new ConsoleError('not-found', `There is no environment “${id}”.`);
    const fresh = opened.get(id) ?? build(id, stored.endpoint);
    opened.set(id, fresh);
    return fresh;
  }

  return {
    get: async (id) => (await open(id)).services,
    client: async (id) => (await open(id)).client,
    async list() {
      const stored = await database.environment.findMany({ orderBy: { createdAt: 'asc' } });
      return Promise.all(stored.map(async ({ id, name }) => ask(name, await open(id))));
    },
    [Symbol.dispose]() {
      for (const { client } of opened.values()) client.close();
      opened.clear();
    },
  };
}

function build(id: string, endpoint: string): Opened {
  const client = createDockerClient({ host: endpoint });
  const hub = createHub(client);
  return {
    endpoint,
    client,
    services: {
      id,
      containers: createContainers(client, hub),
      images: createImages(client),
      volumes: createVolumes(client),
      networks: createNetworks(client),
      system: createSystem(client),
      live: createLive(client, hub),
    },
  };
}

async function ask(name: string, { endpoint, client, services: { id } }: Opened): Promise<EnvironmentRow> {
  const row = { id, name, endpoint };
  const signal = AbortSignal.timeout(ASK_MS);
  try {
    const [version, host] = await Promise.all([
      client.system.version({ signal }),
      client.berth.host({ signal }),
    ]);
    const berth = host !== undefined;
    const engine = {
      name: engineName(version.Platform.Name, berth),
      version: version.Version,
      apiVersion: version.ApiVersion,
    };
    return { ...row, reachable: true, error: null, engine, berth };
  } catch (error) {
    if (!signal.aborted && !isDockerError(error)) throw error;
    const words = signal.aborted ? `The engine gave no answer in ${ASK_MS / 1000} s.` : messageOf(error);
    return { ...row, reachable: false, error: words, engine: null, berth: false };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
