/** Device nodes of the host that a container is given: by `--device`, or all of them when privileged. */
import { readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type DeviceMapping, invalidParameter } from '@berth/engine-api';
import type { OciDevice, OciDeviceCgroup } from '@berth/runtime';

export interface GivenDevices {
  nodes: OciDevice[];
  rules: OciDeviceCgroup[];
}

/** @throws invalidParameter when a path is not a device, in Docker's words */
export async function mappedDevices(mappings: readonly DeviceMapping[]): Promise<GivenDevices> {
  const given: GivenDevices = { nodes: [], rules: [] };
  for (const mapping of mappings) {
    const target = mapping.PathInContainer || mapping.PathOnHost;
    const nodes = await nodesAt(mapping.PathOnHost, target);
    if (nodes.length === 0) {
      throw invalidParameter(
        `error gathering device information while adding custom device "${mapping.PathOnHost}": ` +
          'no such file or directory',
      );
    }
    for (const node of nodes) {
      given.nodes.push(node);
      given.rules.push({
        allow: true,
        type: node.type === 'b' ? 'b' : 'c',
        major: node.major,
        minor: node.minor,
        access: mapping.CgroupPermissions || 'rwm',
      });
    }
  }
  return given;
}

/** Every device node below /dev, for privileged containers. */
export const hostDevices = (): Promise<OciDevice[]> => nodesBelow('/dev', '/dev');

/** A node itself, or all nodes below a directory. */
async function nodesAt(path: string, target: string): Promise<OciDevice[]> {
  const info = await statOrUndefined(path);
  if (!info) return [];
  if (info.isDirectory()) return nodesBelow(path, target);
  const node = toNode(info, target);
  return node ? [node] : [];
}

/** What a container has of its own, or must not share: terminals, shared memory, message queues. */
const ownDirectories = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev']);

async function nodesBelow(directory: string, target: string): Promise<OciDevice[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const nested = await Promise.all(
    entries.map(async (entry) => {
      const path = join(directory, entry.name);
      const inside = posix.join(target, entry.name);
      if (entry.isDirectory()) return ownDirectories.has(entry.name) ? [] : nodesBelow(path, inside);
      if (entry.name === 'console' || !(entry.isCharacterDevice() || entry.isBlockDevice())) return [];
      const info = await statOrUndefined(path);
      return (info && toNode(info, inside)) ?? [];
    }),
  );
  return nested.flat();
}

type Info = NonNullable<Awaited<ReturnType<typeof statOrUndefined>>>;

async function statOrUndefined(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function toNode(info: Info, path: string): OciDevice | undefined {
  if (!info.isCharacterDevice() && !info.isBlockDevice()) return undefined;
  return {
    path,
    type: info.isBlockDevice() ? 'b' : 'c',
    ...splitDevice(info.rdev),
    fileMode: info.mode & 0o7777,
    uid: info.uid,
    gid: info.gid,
  };
}

/** The kernel's encoding of dev_t as stat gives it (glibc gnu_dev_major/minor). */
function splitDevice(device: number): { major: number; minor: number } {
  const value = BigInt(device);
  return {
    major: Number(((value >> 8n) & 0xfffn) | ((value >> 32n) & ~0xfffn)),
    minor: Number((value & 0xffn) | ((value >> 12n) & 0xffffff00n)),
  };
}
