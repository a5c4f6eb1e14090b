/** What can be done with containers. */
import { type DockerClient, isDockerError } from '@berth/docker-client';
import { bulk } from '../lib/bulk.ts';
import { ConsoleError } from '../lib/errors.ts';
import type { ContainerActionInput, LimitsReport } from '../schemas/containers.ts';
import type { ContainersService } from '../services/types.ts';
import { asFieldError, checkForm, createBody } from './container-create.ts';
import { toDetail } from './container-detail.ts';
import { toRow } from './container-row.ts';
import type { Hub } from './hub.ts';
import { limitsOf, updateBody, withoutMoot } from './limits.ts';
import { findShells } from './shells.ts';

type ActionInput = Parameters<ContainersService['act']>[0];

export function createContainers(client: DockerClient, hub: Hub): ContainersService {
  const { containers } = client;

  async function report(id: string, warnings: string[]): Promise<LimitsReport> {
    const [inspect, info] = await Promise.all([containers.inspect(id), client.system.info()]);
    const running = inspect.State.Running;
    const kernel = running ? ((await client.berth.limits(inspect.Id)) ?? null) : null;
    const host = { cpus: info.NCPU, memoryBytes: info.MemTotal };
    return {
      configured: withoutMoot(limitsOf(inspect.HostConfig), host),
      kernel,
      source: kernel ? 'kernel' : 'inspect',
      running,
      host,
      warnings,
    };
  }

  return {
    async list({ all }) {
      const summaries = await containers.list({ all });
      const killed = await hub.oomKilled(
        summaries.filter((each) => each.Status.startsWith('Exited (137)')).map((each) => each.Id),
      );
      const now = Date.now();
      return summaries.map((summary) => toRow(summary, killed.has(summary.Id), now));
    },

    inspect: async (id) => toDetail(await containers.inspect(id)),

    async create(form) {
      checkForm(form);
      try {
        const name = form.name === '' ? {} : { name: form.name };
        const { Id: id, Warnings: warnings } = await containers.create(createBody(form), name);
        if (!form.start) return { id, started: false, startError: null, warnings };
        const startError = await containers.start(id).then(() => null, refusal);
        return { id, started: startError === null, startError, warnings };
      } catch (error) {
        throw asFieldError(error);
      }
    },

    async act(input) {
      const names = await namesOf(client, input.ids);
      return bulk(
        input.ids,
        (id) => names(id),
        (id) => actOn(client, id, input),
      );
    },

    rename: async (id, name) => {
      try {
        await containers.rename(id, name);
      } catch (error) {
        if (!isDockerError(error) || error.status !== 409) throw error;
        const fields = [{ path: 'name', message: error.message }];
        throw new ConsoleError('conflict', error.message, { reason: 'form', fields, cause: error });
      }
    },

    limits: (id) => report(id, []),

    async updateLimits(input) {
      const [inspect, info, berth] = await Promise.all([
        containers.inspect(input.id),
        client.system.info(),
        client.berth.host(),
      ]);
      const host = {
        cpus: info.NCPU,
        memoryBytes: info.MemTotal,
        minusOneIsUnlimited: berth !== undefined,
      };
      try {
        const { Warnings } = await containers.update(inspect.Id, updateBody(input, inspect.HostConfig, host));
        return await report(inspect.Id, Warnings);
      } catch (error) {
        throw asLimitsError(error);
      }
    },

    async top(id) {
      const { Titles, Processes } = await containers.top(id);
      return { titles: Titles, processes: Processes };
    },

    shells: async (id) => ({ shells: await findShells(client, id) }),
  };
}

function actOn({ containers }: DockerClient, id: string, input: ActionInput): Promise<void> {
  const stop = {
    ...(input.timeoutS === undefined ? {} : { timeoutS: input.timeoutS }),
    ...(input.signal === undefined ? {} : { stopSignal: input.signal }),
  };
  const actions = {
    start: () => containers.start(id),
    stop: () => containers.stop(id, stop),
    restart: () => containers.restart(id, stop),
    kill: () => containers.kill(id, input.signal === undefined ? {} : { killSignal: input.signal }),
    pause: () => containers.pause(id),
    unpause: () => containers.unpause(id),
    remove: () => containers.remove(id, { force: input.force, volumes: input.removeVolumes }),
  } satisfies Record<(typeof ContainerActionInput)['_output']['action'], () => Promise<void>>;
  return actions[input.action]();
}

/** Read before the action: a removed container has no name any more. */
async function namesOf(
  { containers }: DockerClient,
  ids: readonly string[],
): Promise<(id: string) => string> {
  const summaries = await containers.list({
    all: true,
    ...(ids.length <= 5 ? { filters: { id: [...ids] } } : {}),
  });
  const names = new Map(summaries.map((each) => [each.Id, each.Names[0]?.replace(/^\//, '')]));
  return (id) => names.get(id) ?? (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id);
}

/** The engine's words for a start that did not work; a lost engine is thrown on. */
const refusal = (error: unknown): string => {
  if (isDockerError(error) && error.status !== undefined) return error.message;
  throw error;
};

function asLimitsError(error: unknown): unknown {
  const found = asFieldError(error);
  if (!(found instanceof ConsoleError)) return found;
  const fields = (found.fields ?? []).map(({ path, message }) => ({
    path: path.replace('limits.', ''),
    message,
  }));
  return new ConsoleError(found.kind, found.message, { reason: 'form', fields, cause: error });
}
