/** Which containers use what. */
import type { ContainerSummary } from '@berth/engine-api';
import type { z } from 'zod';
import type { UsedBy } from '../schemas/common.ts';

type Users = z.output<typeof UsedBy>[];

/** @param keysOf what one container uses: image id, volume names, network names */
export function usersBy(
  containers: readonly ContainerSummary[],
  keysOf: (container: ContainerSummary) => readonly string[],
): (key: string) => Users {
  const users = new Map<string, Users>();
  for (const container of containers) {
    const user = {
      id: container.Id,
      name: container.Names[0]?.replace(/^\//, '') ?? container.Id.slice(0, 12),
      running: container.State === 'running',
    };
    for (const key of keysOf(container)) users.set(key, [...(users.get(key) ?? []), user]);
  }
  return (key) => users.get(key) ?? [];
}

export const volumeNames = (container: ContainerSummary): string[] =>
  container.Mounts.flatMap((mount) => (mount.Type === 'volume' && mount.Name ? [mount.Name] : []));
