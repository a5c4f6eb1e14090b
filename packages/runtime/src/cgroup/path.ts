import { invalidParameter } from '@berth/engine-api';

/**
 * Checks a `linux.cgroupsPath` and returns its components; every part becomes a directory name on the host.
 * @throws invalid-parameter when it is empty or could lead out of the cgroup tree.
 */
export function cgroupComponents(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.length === 0 || !parts.every(isName)) {
    throw invalidParameter(`invalid cgroup path ${JSON.stringify(path)}`);
  }
  return parts;
}

function isName(part: string): boolean {
  // A line break cannot be told apart in /proc/self/cgroup, and the kernel refuses it for that reason.
  return part !== '.' && part !== '..' && part.length <= 255 && !/[\0\n\r]/.test(part);
}
