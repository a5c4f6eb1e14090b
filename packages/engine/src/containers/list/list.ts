/** The list of containers. */
import type { ContainerSummary, Filters } from '@berth/engine-api';
import type { EngineContext } from '../../context.ts';
import type { Container } from '../container.ts';
import { containerSizes, mountPointsOf } from '../inspect.ts';
import { endpointSettings, portSummaries } from '../network-settings.ts';
import { isRunning } from '../state.ts';
import { statusText } from '../status-text.ts';
import { containerTests } from './filter.ts';

export async function listContainers(
  context: EngineContext,
  options: { all: boolean; limit: number | undefined; size: boolean; filters: Filters },
): Promise<ContainerSummary[]> {
  const { filters, limit } = options;
  const tests = await containerTests(context, filters);
  const wide = limit !== undefined && limit > 0;
  const asksForState = ['status', 'exited', 'before', 'since'].some(
    (name) => (filters[name] ?? []).length > 0,
  );
  const onlyRunning = !options.all && !wide && !asksForState;
  const chosen = [...context.store.index.values()]
    .filter((container) => !onlyRunning || isRunning(container.state))
    .filter((container) => tests.every((test) => test(container)))
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
  const wanted = wide ? chosen.slice(0, limit) : chosen;
  const nowMs = Date.now();
  return Promise.all(wanted.map((container) => summary(context, container, options.size, nowMs)));
}

async function summary(
  context: EngineContext,
  container: Container,
  size: boolean,
  nowMs: number,
): Promise<ContainerSummary> {
  const { hostConfig } = container;
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: container.config.Image ?? container.imageId,
    ImageID: container.imageId,
    Command: commandLine(container),
    Created: Math.floor(container.createdAt.getTime() / 1000),
    Ports: portSummaries(container),
    ...(size ? await containerSizes(context, container) : {}),
    Labels: container.config.Labels ?? {},
    State: container.state.status,
    Status: statusText(container.state, nowMs),
    HostConfig: {
      NetworkMode: hostConfig.NetworkMode ?? 'default',
      ...(hostConfig.Annotations ? { Annotations: hostConfig.Annotations } : {}),
    },
    NetworkSettings: { Networks: endpointSettings(container) },
    Mounts: mountPointsOf(container),
  };
}

/** Words with spaces are quoted, as Docker does. */
const commandLine = ({ path, args }: Container): string =>
  [path, ...args.map((word) => (word.includes(' ') ? `'${word}'` : word))].join(' ');
