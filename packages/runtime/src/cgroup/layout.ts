/** Finds out how cgroups are mounted on this host, from /proc/self/mountinfo (proc_pid_mountinfo(5)). */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { unavailable } from '@berth/engine-api';
import type { CgroupHierarchy, CgroupLayout } from './types.ts';

/** Options of the superblock that are not controllers and that a second mount must not repeat. */
const otherOptions = new Set(['rw', 'ro', 'none', 'xattr', 'clone_children', 'noprefix', 'cpuset_v2_mode']);

interface Mount {
  mountPoint: string;
  fileSystem: string;
  superOptions: string[];
}

/**
 * A cgroup2 file system mounted at `root` itself is the unified layout; v1 hierarchies below it are the v1
 * layout (also "hybrid", where systemd keeps an additional v2 tree without controllers).
 * @throws unavailable when there is neither.
 */
export function detectLayout(
  root: string,
  mountinfo = readFileSync('/proc/self/mountinfo', 'utf8'),
): CgroupLayout {
  const mounts = mountinfo.split('\n').flatMap(parseMount);
  // The last mount on a point is the one on top.
  const atRoot = mounts.findLast((mount) => mount.mountPoint === root);
  if (atRoot?.fileSystem === 'cgroup2') return { version: 2, mountPoint: root };
  const hierarchies = mounts
    .filter((mount) => mount.fileSystem === 'cgroup' && dirname(mount.mountPoint) === root)
    .map((mount) => toHierarchy(mount, root));
  if (hierarchies.length === 0) {
    throw unavailable(`no cgroups are mounted at ${root}; mount a cgroup2 file system there`);
  }
  return { version: 1, hierarchies };
}

function parseMount(line: string): Mount[] {
  const [before, after] = line.split(' - ');
  const mountPoint = before?.split(' ')[4];
  const [fileSystem, , superOptions] = after?.split(' ') ?? [];
  if (mountPoint === undefined || fileSystem === undefined || superOptions === undefined) return [];
  return [{ mountPoint: decodeOctal(mountPoint), fileSystem, superOptions: superOptions.split(',') }];
}

/** mountinfo writes space, tab, line feed and backslash as three octal digits. */
const decodeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

function toHierarchy(mount: Mount, root: string): CgroupHierarchy {
  const name = basename(mount.mountPoint);
  const kept = mount.superOptions.filter((o) => !otherOptions.has(o) && !o.startsWith('release_agent='));
  const controllers = kept.filter((option) => !option.startsWith('name='));
  return {
    name,
    mountPoint: mount.mountPoint,
    mountData: (controllers.length === 0 ? ['none', ...kept] : kept).join(','),
    controllers,
    symlinks: readdirSync(root).filter((entry) => isLinkTo(join(root, entry), name)),
  };
}

const isLinkTo = (path: string, name: string): boolean =>
  lstatSync(path).isSymbolicLink() && basename(readlinkSync(path)) === name;
