/** `df`: what images, containers and volumes take up on disk. */
import type { DiskUsage, Filters } from '@berth/engine-api';
import { volumeSummary } from '../backends/volumes.ts';
import { containersUsing } from '../containers/lifecycle/remover.ts';
import { listContainers } from '../containers/list/list.ts';
import type { EngineContext } from '../context.ts';
import type { ImagesBackend } from '../types.ts';

const noFilters: Filters = {};

/** @param types `container`, `image`, `volume`, `build-cache`; none means all of them */
export async function diskUsage(
  context: EngineContext,
  images: ImagesBackend,
  types: readonly string[],
): Promise<DiskUsage> {
  const wants = (type: string): boolean => types.length === 0 || types.includes(type);
  const [imageUsage, containers, volumes] = await Promise.all([
    wants('image') ? usageOfImages(context, images) : {},
    wants('container')
      ? listContainers(context, { all: true, limit: undefined, size: true, filters: noFilters }).then(
          (Containers) => ({ Containers }),
        )
      : {},
    wants('volume') ? usageOfVolumes(context) : {},
  ]);
  return {
    ...imageUsage,
    ...containers,
    ...volumes,
    ...(wants('build-cache') ? { BuildCache: [], BuilderSize: 0 } : {}),
  };
}

async function usageOfImages(context: EngineContext, images: ImagesBackend): Promise<DiskUsage> {
  const [LayersSize, Images] = await Promise.all([
    context.images.layersSize(),
    images.list({ all: true, filters: noFilters, sharedSize: true }),
  ]);
  return { LayersSize, Images };
}

async function usageOfVolumes(context: EngineContext): Promise<DiskUsage> {
  const all = await context.volumes.list();
  const Volumes = await Promise.all(
    all.map(async (volume) => ({
      ...volumeSummary(volume),
      UsageData: {
        Size: await context.volumes.size(volume.name),
        RefCount: containersUsing(context, volume.name).length,
      },
    })),
  );
  return { Volumes };
}
