import type { DockerClient } from '@berth/docker-client';
import type { ContainerSummary, ImageSummary, VolumeSummary } from '@berth/engine-api';
import type { SystemService } from '../services/types.ts';
import { usersBy, volumeNames } from './used-by.ts';

export function createSystem(client: DockerClient): SystemService {
  return {
    async info() {
      const [info, version, host] = await Promise.all([
        client.system.info(),
        client.system.version(),
        client.berth.host(),
      ]);
      return {
        engine: engineName(version.Platform.Name, host !== undefined),
        version: version.Version,
        apiVersion: version.ApiVersion,
        berth: host !== undefined,
        hostName: info.Name,
        os: info.OperatingSystem,
        kernel: info.KernelVersion,
        architecture: info.Architecture,
        cpus: info.NCPU,
        memoryBytes: info.MemTotal,
        dataRoot: info.DockerRootDir,
        storageDriver: info.Driver,
        cgroupVersion: info.CgroupVersion,
        containers: {
          total: info.Containers,
          running: info.ContainersRunning,
          paused: info.ContainersPaused,
          stopped: info.ContainersStopped,
        },
        images: info.Images,
        warnings: info.Warnings ?? [],
      };
    },

    async host() {
      const usage = await client.berth.host();
      return usage ? { ...usage, timeMs: Date.now() } : null;
    },

    async diskUsage() {
      const usage = await client.system.diskUsage();
      const containers = usage.Containers ?? [];
      const cache = usage.BuildCache ?? [];
      return {
        images: imageUsage(usage.Images ?? [], containers, usage.LayersSize),
        containers: containerUsage(containers),
        volumes: volumeUsage(usage.Volumes ?? [], containers),
        buildCache: {
          count: cache.length,
          active: cache.filter(({ InUse }) => InUse).length,
          sizeBytes: cache.reduce((sum, { Size, Shared }) => (Shared ? sum : sum + Size), 0),
          reclaimableBytes: cache.reduce(
            (sum, { Size, InUse, Shared }) => (InUse || Shared ? sum : sum + Size),
            0,
          ),
        },
      };
    },
  };
}

export const engineName = (platform: string, berth: boolean): string =>
  berth ? 'Berth' : platform.replace(/\s*-.*$/, '') || 'Docker';

interface Usage {
  count: number;
  active: number;
  sizeBytes: number;
  reclaimableBytes: number;
}

/** Layers are shared, so the sum of images is more than the disk holds; engines tell the true total apart. */
function imageUsage(
  images: ImageSummary[],
  containers: ContainerSummary[],
  layersSize: number | undefined,
): Usage {
  const users = usersBy(containers, ({ ImageID }) => [ImageID]);
  const isUsed = ({ Id }: ImageSummary) => users(Id).length > 0;
  const own = ({ Size, SharedSize }: ImageSummary) => Size - Math.max(0, SharedSize);
  return {
    count: images.length,
    active: images.filter(isUsed).length,
    sizeBytes: layersSize ?? images.reduce((sum, { Size }) => sum + Size, 0),
    reclaimableBytes: images.reduce((sum, image) => (isUsed(image) ? sum : sum + own(image)), 0),
  };
}

function containerUsage(containers: ContainerSummary[]): Usage {
  const isActive = ({ State }: ContainerSummary) => ['running', 'paused', 'restarting'].includes(State);
  const size = ({ SizeRw }: ContainerSummary) => SizeRw ?? 0;
  return {
    count: containers.length,
    active: containers.filter(isActive).length,
    sizeBytes: containers.reduce((sum, each) => sum + size(each), 0),
    reclaimableBytes: containers.reduce((sum, each) => (isActive(each) ? sum : sum + size(each)), 0),
  };
}

function volumeUsage(volumes: VolumeSummary[], containers: ContainerSummary[]): Usage {
  const users = usersBy(containers, volumeNames);
  const size = ({ UsageData }: VolumeSummary) => Math.max(0, UsageData?.Size ?? 0);
  return {
    count: volumes.length,
    active: volumes.filter(({ Name }) => users(Name).length > 0).length,
    sizeBytes: volumes.reduce((sum, each) => sum + size(each), 0),
    reclaimableBytes: volumes.reduce(
      (sum, each) => (users(each.Name).length > 0 ? sum : sum + size(each)),
      0,
    ),
  };
}
