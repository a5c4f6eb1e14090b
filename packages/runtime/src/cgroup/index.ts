/** cgroups of containers, version 1 and 2 behind one interface. */
import { join } from 'node:path';
import { detectLayout } from './layout.ts';
import { cgroupComponents } from './path.ts';
import type { CgroupHierarchy, CgroupManager } from './types.ts';
import { CgroupV1 } from './v1.ts';
import { CgroupV2 } from './v2.ts';

export type { CgroupManager } from './types.ts';

/**
 * The host's cgroups; the version is found out once, here.
 * @param options.root where they are mounted, `/sys/fs/cgroup` unless told otherwise.
 * @throws unavailable when no cgroups are mounted there.
 */
export function createCgroups(options: { root?: string } = {}): CgroupManager {
  const layout = detectLayout(options.root ?? '/sys/fs/cgroup');
  return layout.version === 1 ? managerV1(layout.hierarchies) : managerV2(layout.mountPoint);
}

const normalize = (path: string): string => cgroupComponents(path).join('/');

function managerV1(hierarchies: readonly CgroupHierarchy[]): CgroupManager {
  const open = (path: string): CgroupV1 => new CgroupV1(normalize(path), hierarchies);
  return {
    version: 1,
    layout: { version: 1, hierarchies },
    open,
    async create(path, resources) {
      const cgroup = open(path);
      return Object.assign(cgroup, { warnings: cgroup.create(resources) });
    },
    joinFiles: (path) => open(path).directories.map((directory) => join(directory, 'tasks')),
    directories: (path) => [...open(path).directories],
    oomFile(path) {
      const directory = open(path).directory('memory');
      return directory === undefined ? undefined : join(directory, 'memory.oom_control');
    },
  };
}

function managerV2(mountPoint: string): CgroupManager {
  const open = (path: string): CgroupV2 => new CgroupV2(normalize(path), mountPoint);
  return {
    version: 2,
    layout: { version: 2, mountPoint },
    open,
    async create(path, resources) {
      const cgroup = open(path);
      return Object.assign(cgroup, { warnings: cgroup.create(resources) });
    },
    joinFiles: (path) => [open(path).directory],
    directories: (path) => [open(path).directory],
    oomFile: (path) => join(open(path).directory, 'memory.events'),
  };
}
