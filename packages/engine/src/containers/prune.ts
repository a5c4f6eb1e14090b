/** Removes every container that does not run. */
import { checkFilterNames, type Filters, type PruneReport } from '@berth/engine-api';
import type { EngineContext } from '../context.ts';
import { lacksLabels, matchesLabels } from '../util/label-filter.ts';
import { untilFilter } from '../util/until-filter.ts';
import type { Container } from './container.ts';
import type { Lifecycle } from './lifecycle/lifecycle.ts';
import { isRunning } from './state.ts';

export async function pruneContainers(
  context: EngineContext,
  lifecycle: Lifecycle,
  filters: Filters,
): Promise<PruneReport> {
  checkFilterNames(filters, ['label', 'label!', 'until']);
  const until = untilFilter(filters);
  const unwanted = [...context.store.index.values()].filter(
    ({ state, createdAt, config }) =>
      !isRunning(state) &&
      (!until || createdAt < until) &&
      matchesLabels(config.Labels ?? {}, filters.label ?? []) &&
      lacksLabels(config.Labels ?? {}, filters['label!'] ?? []),
  );
  const sizes = await Promise.all(unwanted.map((container) => removeOne(context, lifecycle, container)));
  const report = {
    ContainersDeleted: unwanted.filter((_, index) => sizes[index] !== undefined).map(({ id }) => id),
    SpaceReclaimed: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
  };
  context.events.emit('container', 'prune', '', { reclaimed: String(report.SpaceReclaimed) });
  return report;
}

/** Bytes that became free; undefined when it could not be removed (it was started meanwhile, say). */
async function removeOne(
  context: EngineContext,
  lifecycle: Lifecycle,
  container: Container,
): Promise<number | undefined> {
  try {
    const size = await context.images.containerLayerSize(container.id);
    await lifecycle.remove(container, { force: false, volumes: false });
    return size;
  } catch (error) {
    context.logger.warn({ containerId: container.id, err: error }, 'cannot remove the container');
    return undefined;
  }
}
