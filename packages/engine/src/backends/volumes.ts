/** Volumes as the HTTP edge asks for them. */
import {
  booleanFilter,
  checkFilterNames,
  type Filters,
  type PruneReport,
  type VolumeSummary,
} from '@berth/engine-api';
import type { Volume } from '@berth/volumes';
import { containersUsing } from '../containers/lifecycle/remover.ts';
import type { EngineContext } from '../context.ts';
import type { VolumesBackend } from '../types.ts';
import { lacksLabels, matchesLabels } from '../util/label-filter.ts';

export function createVolumesBackend(context: EngineContext): VolumesBackend {
  const { volumes, events } = context;
  return {
    list: async (filters) => {
      checkFilterNames(filters, ['dangling', 'driver', 'label', 'name']);
      const all = await volumes.list();
      return {
        Volumes: all.filter((volume) => matches(context, volume, filters)).map(volumeSummary),
        Warnings: [],
      };
    },
    inspect: async (name) => volumeSummary(await volumes.get(name)),
    create: async (body) => {
      const volume = await volumes.create({
        ...(body.Name ? { name: body.Name } : {}),
        ...(body.Driver ? { driver: body.Driver } : {}),
        ...(body.Labels ? { labels: body.Labels } : {}),
        ...(body.DriverOpts ? { options: body.DriverOpts } : {}),
      });
      events.emit('volume', 'create', volume.name, { driver: volume.driver });
      return volumeSummary(volume);
    },
    remove: async (name, { force }) => {
      await volumes.remove(name, { force, usedBy: (volume) => containersUsing(context, volume) });
      events.emit('volume', 'destroy', name, { driver: 'local' });
    },
    prune: (filters) => pruneVolumes(context, filters),
  };
}

export const volumeSummary = (volume: Volume): VolumeSummary => ({
  Name: volume.name,
  Driver: volume.driver,
  Mountpoint: volume.mountpoint,
  CreatedAt: volume.createdAt.toISOString(),
  Labels: volume.labels,
  Scope: 'local',
  Options: Object.keys(volume.options).length > 0 ? volume.options : null,
});

function matches(context: EngineContext, volume: Volume, filters: Filters): boolean {
  const any = (name: string, test: (value: string) => boolean): boolean => {
    const values = filters[name] ?? [];
    return values.length === 0 || values.some(test);
  };
  const dangling = booleanFilter(filters, 'dangling');
  return (
    any('name', (value) => volume.name.includes(value)) &&
    any('driver', (value) => volume.driver === value) &&
    matchesLabels(volume.labels, filters.label ?? []) &&
    (dangling === undefined || dangling === (containersUsing(context, volume.name).length === 0))
  );
}

async function pruneVolumes(context: EngineContext, filters: Filters): Promise<PruneReport> {
  checkFilterNames(filters, ['label', 'label!', 'all']);
  const { deleted, reclaimedBytes } = await context.volumes.prune({
    anonymousOnly: !(booleanFilter(filters, 'all') ?? false),
    inUse: (name) => containersUsing(context, name).length > 0,
    labels: (labels) =>
      matchesLabels(labels, filters.label ?? []) && lacksLabels(labels, filters['label!'] ?? []),
  });
  for (const name of deleted) context.events.emit('volume', 'destroy', name, { driver: 'local' });
  context.events.emit('volume', 'prune', '', { reclaimed: String(reclaimedBytes) });
  return { VolumesDeleted: deleted, SpaceReclaimed: reclaimedBytes };
}
