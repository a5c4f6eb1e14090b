import type { DockerClient } from '@berth/docker-client';
import { bulk } from '../lib/bulk.ts';
import { ConsoleError } from '../lib/errors.ts';
import type { ImageRow } from '../schemas/objects.ts';
import type { ImagesService } from '../services/types.ts';
import { timeOf } from './container-detail.ts';
import { usersBy } from './used-by.ts';

export function createImages(client: DockerClient): ImagesService {
  const { images } = client;

  async function list(): Promise<ImageRow[]> {
    const [summaries, containers] = await Promise.all([images.list(), client.containers.list({ all: true })]);
    const users = usersBy(containers, ({ ImageID }) => [ImageID]);
    return summaries.map((summary) => {
      const tags = named(summary.RepoTags);
      return {
        id: summary.Id,
        tags,
        digests: named(summary.RepoDigests),
        createdAtMs: summary.Created * 1000,
        sizeBytes: summary.Size,
        dangling: tags.length === 0,
        usedBy: users(summary.Id),
        labels: summary.Labels,
      };
    });
  }

  /** By id an image with several tags is refused, so its tags go one by one; the last takes the image along. */
  async function removeWhole(ref: string, rows: readonly ImageRow[], force: boolean): Promise<void> {
    const row = rows.find(({ id }) => id === ref);
    if (!row || row.tags.length < 2) await images.remove(ref, { force });
    else for (const tag of row.tags) await images.remove(tag, { force });
  }

  const nameIn = (rows: readonly ImageRow[]) => (ref: string) =>
    rows.find(({ id }) => id === ref)?.tags[0] ?? ref.replace('sha256:', '').slice(0, 12);

  return {
    list,

    async inspect(id) {
      const [inspect, containers] = await Promise.all([
        images.inspect(id),
        client.containers.list({ all: true }),
      ]);
      const tags = named(inspect.RepoTags);
      const config = inspect.Config;
      return {
        id: inspect.Id,
        tags,
        digests: named(inspect.RepoDigests),
        createdAtMs: timeOf(inspect.Created) ?? 0,
        sizeBytes: inspect.Size,
        dangling: tags.length === 0,
        usedBy: usersBy(containers, ({ ImageID }) => [ImageID])(inspect.Id),
        labels: config?.Labels ?? {},
        architecture: [inspect.Architecture, inspect.Variant].filter(Boolean).join('/'),
        os: inspect.Os,
        author: inspect.Author,
        entrypoint: config?.Entrypoint ?? [],
        command: config?.Cmd ?? [],
        workingDir: config?.WorkingDir || '/',
        user: config?.User ?? '',
        env: (config?.Env ?? []).map((line) => {
          const [name = '', ...value] = line.split('=');
          return { name, value: value.join('=') };
        }),
        exposedPorts: Object.keys(config?.ExposedPorts ?? {}),
        volumes: Object.keys(config?.Volumes ?? {}),
        layers: inspect.RootFS.Layers,
        raw: inspect,
      };
    },

    history: async (id) =>
      (await images.history(id)).map((item) => ({
        id: item.Id,
        createdAtMs: item.Created * 1000,
        createdBy: item.CreatedBy,
        comment: item.Comment,
        sizeBytes: item.Size,
        tags: item.Tags ?? [],
      })),

    async remove(ids, { force }) {
      const rows = await list();
      return bulk(ids, nameIn(rows), (id) => removeWhole(id, rows, force));
    },

    async tag(id, reference) {
      const colon = reference.lastIndexOf(':');
      const hasTag = colon > reference.lastIndexOf('/');
      const repository = hasTag ? reference.slice(0, colon) : reference;
      await images.tag(id, repository, hasTag ? reference.slice(colon + 1) : 'latest');
    },

    async prunePlan({ all }) {
      const unused = (await list()).filter((row) => row.usedBy.length === 0 && (all || row.dangling));
      return {
        items: unused.map((row) => ({
          id: row.id,
          name: row.tags.join(', ') || row.id.replace('sha256:', '').slice(0, 12),
          sizeBytes: row.sizeBytes,
          createdAtMs: row.createdAtMs,
          reason: row.dangling ? 'no tag, and no container uses it' : 'no container uses it',
        })),
        reclaimableBytes: unused.reduce((sum, row) => sum + row.sizeBytes, 0),
      };
    },

    async prune(ids) {
      const rows = await list();
      const { results } = await bulk(ids, nameIn(rows), async (id) => {
        const row = rows.find((each) => each.id === id);
        // The plan may be old: what is used by now stays.
        if (row && row.usedBy.length > 0) throw new ConsoleError('conflict', 'In use by now, so it stays.');
        await removeWhole(id, rows, false);
      });
      const removed = new Set(results.filter(({ ok }) => ok).map(({ id }) => id));
      const reclaimedBytes = rows.reduce((sum, row) => (removed.has(row.id) ? sum + row.sizeBytes : sum), 0);
      return { results, reclaimedBytes };
    },
  };
}

/** Old engines write `<none>:<none>` instead of nothing. */
const named = (references: readonly string[]): string[] =>
  references.filter((reference) => !reference.includes('<none>'));
