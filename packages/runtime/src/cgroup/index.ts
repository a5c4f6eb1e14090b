import type { CgroupManager } from './types.ts';

export type { CgroupHierarchy, CgroupLayout, CgroupManager, CreatedCgroup } from './types.ts';

/** The host's cgroups. @param options.root where they are mounted, `/sys/fs/cgroup` unless told otherwise. */
export function createCgroups(options: { root?: string } = {}): CgroupManager {
  throw new Error(`not implemented: ${options.root}`);
}
