import { type DockerClient, isDockerError } from '@berth/docker-client';
import type { VolumeSummary } from '@berth/engine-api';
import { bulk } from '../lib/bulk.ts';
import { ConsoleError } from '../lib/errors.ts';
import type { VolumeRow } from '../schemas/objects.ts';
import type { VolumesService } from '../services/types.ts';
import { timeOf } from './container-detail.ts';
import { usersBy, volumeNames } from './used-by.ts';

/** Engines measure volumes by reading them; a list does not wait for big ones. */
const MEASURE_MS = 1_500;

export function createVolumes(client: DockerClient): VolumesService {
  const { volumes } = client;

  async function sizes(): Promise<Map<string, number>> {
    const signal = AbortSignal.timeout(MEASURE_MS);
    try {
      const { Volumes = [] } = await client.system.diskUsage({ types: ['volume'], signal });
      return new Map(
        Volumes.flatMap(({ Name, UsageData }) =>
          UsageData && UsageData.Size >= 0 ? [[Name, UsageData.Size]] : [],
        ),
      );
    } catch (error) {
      if (signal.aborted || isDockerError(error)) return new Map();
      throw error;
    }
  }

  async function list(): Promise<VolumeRow[]> {
    const [found, containers, bytes] = await Promise.all([
      volumes.list(),
      client.containers.list({ all: true }),
      sizes(),
    ]);
    const users = usersBy(containers, volumeNames);
    return found
      .map((volume) => ({
        ...toRow(volume),
        sizeBytes: bytes.get(volume.Name) ?? null,
        usedBy: users(volume.Name),
      }))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  return {
    list,

    async inspect(name) {
      const [volume, containers, bytes] = await Promise.all([
        volumes.inspect(name),
        client.containers.list({ all: true }),
        sizes(),
      ]);
      return {
        ...toRow(volume),
        sizeBytes: bytes.get(volume.Name) ?? null,
        usedBy: usersBy(containers, volumeNames)(volume.Name),
      };
    },

    create: async ({ name, driver, options, labels }) =>
      toRow(
        await volumes.create({
          ...(name === '' ? {} : { Name: name }),
          Driver: driver,
          DriverOpts: options,
          Labels: labels,
        }),
      ),

    remove: (names, { force }) =>
      bulk(
        names,
        (name) => name,
        (name) => volumes.remove(name, { force }),
      ),

    async prunePlan({ all }) {
      const unused = (await list()).filter((row) => row.usedBy.length === 0 && (all || row.anonymous));
      return {
        items: unused.map((row) => ({
          id: row.name,
          name: row.name,
          sizeBytes: row.sizeBytes,
          createdAtMs: row.createdAtMs,
          reason: row.anonymous ? 'anonymous, and no container uses it' : 'no container uses it',
        })),
        reclaimableBytes: unused.reduce((sum, row) => sum + (row.sizeBytes ?? 0), 0),
      };
    },

    async prune(names) {
      const rows = await list();
      const { results } = await bulk(
        names,
        (name) => name,
        async (name) => {
          const row = rows.find((each) => each.name === name);
          if (row && row.usedBy.length > 0) throw new ConsoleError('conflict', 'In use by now, so it stays.');
          await volumes.remove(name);
        },
      );
      const removed = new Set(results.filter(({ ok }) => ok).map(({ id }) => id));
      const reclaimedBytes = rows.reduce(
        (sum, row) => (removed.has(row.name) ? sum + (row.sizeBytes ?? 0) : sum),
        0,
      );
      return { results, reclaimedBytes };
    },
  };
}

const toRow = (volume: VolumeSummary): VolumeRow => ({
  name: volume.Name,
  driver: volume.Driver,
  mountpoint: volume.Mountpoint,
  scope: volume.Scope,
  createdAtMs: timeOf(volume.CreatedAt),
  sizeBytes: null,
  // Engines name them with 64 hex digits; newer ones also label them.
  anonymous: 'com.docker.volume.anonymous' in volume.Labels || /^[0-9a-f]{64}$/.test(volume.Name),
  labels: volume.Labels,
  options: volume.Options ?? {},
  usedBy: [],
});
