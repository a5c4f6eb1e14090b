/** What the runtime asks of the cgroup code beyond the `Cgroup` of one container. */
import type { OciResources } from '../spec.ts';
import type { Cgroup } from '../types.ts';

/** One v1 hierarchy as it is mounted on the host, for mounting the same picture in a container. */
export interface CgroupHierarchy {
  /** Directory name below the root, e.g. `cpu,cpuacct`, `memory`, `systemd`. */
  name: string;
  /** Absolute mount point on the host. */
  mountPoint: string;
  /** Data for `mount -t cgroup -o …` of the same hierarchy: `cpu,cpuacct`, `none,name=systemd`. */
  mountData: string;
  controllers: readonly string[];
  /** Names to link to `name` in the same directory: `cpu` and `cpuacct` for `cpu,cpuacct`. */
  symlinks: readonly string[];
}

/** How /sys/fs/cgroup looks: one unified tree, or a tmpfs with a directory per v1 hierarchy. */
export type CgroupLayout =
  | { version: 2; mountPoint: string }
  | { version: 1; hierarchies: readonly CgroupHierarchy[] };

/** A cgroup just made, with what could not be applied (worded for `docker`'s warnings). */
export interface CreatedCgroup extends Cgroup {
  readonly warnings: readonly string[];
}

export interface CgroupManager {
  readonly version: 1 | 2;
  readonly layout: CgroupLayout;
  /**
   * Makes the cgroup in every hierarchy and applies the limits. Nothing is left behind on failure.
   * @throws invalid-parameter for a bad path or a limit the kernel refuses or has no controller for.
   */
  create(path: string, resources: OciResources): Promise<CreatedCgroup>;
  /** The cgroup at `path`, whether it exists or not; touches nothing. */
  open(path: string): Cgroup;
  /**
   * Where a process joins. v1: the `tasks` file of every hierarchy (a single-threaded process writes "0", which
   * spares the kernel's threadgroup lock). v2: one directory, for CLONE_INTO_CGROUP.
   */
  joinFiles(path: string): string[];
  /** Directories of the cgroup, one per v1 hierarchy in the order of `layout.hierarchies`, or one on v2. */
  directories(path: string): string[];
  /** The file whose `oom_kill N` line counts the processes the OOM killer took; absent without a memory controller. */
  oomFile(path: string): string | undefined;
}
