/** The mounts of a container: Docker's own, files made for it, and the user's. */
import type { HostConfig } from '@berth/engine-api';
import type { OciMount } from '@berth/runtime';
import { defaultShmBytes } from '../../config.ts';

/** A mount of the user with its source on the host. */
export interface ResolvedMount {
  type: 'bind' | 'tmpfs';
  source: string;
  destination: string;
  readOnly: boolean;
  propagation: string;
  recursive: boolean;
  /** Of a tmpfs, comma-separated. */
  options: string;
}

export const maskedPaths: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

export const readonlyPaths: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

export function containerMounts(options: {
  hostConfig: HostConfig;
  user: readonly ResolvedMount[];
  files: { destination: string; source: string }[];
}): OciMount[] {
  const { hostConfig, user, files } = options;
  const taken = new Set(user.map((mount) => mount.destination));
  const system = systemMounts(hostConfig).filter(({ destination }) => {
    // Who brings an own /dev or /sys brings all of it.
    if (taken.has(destination)) return false;
    return ![...taken].some((path) => isBelow(destination, path));
  });
  const own = files
    .filter((file) => !taken.has(file.destination))
    .map((file) => fileMount(file, hostConfig.ReadonlyRootfs ?? false));
  const others = [...user].sort((a, b) => depth(a.destination) - depth(b.destination)).map(userMount);
  return [...system, ...others, ...own];
}

function systemMounts(hostConfig: HostConfig): OciMount[] {
  const privileged = hostConfig.Privileged ?? false;
  const guarded = ['nosuid', 'noexec', 'nodev'];
  const access = privileged ? 'rw' : 'ro';
  const mounts: OciMount[] = [
    { destination: '/proc', type: 'proc', source: 'proc', options: guarded },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...guarded, access] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...guarded, access] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: guarded },
  ];
  const shm = sharedMemoryMount(hostConfig);
  return shm ? [...mounts, shm] : mounts;
}

function sharedMemoryMount(hostConfig: HostConfig): OciMount | undefined {
  if (hostConfig.IpcMode === 'none') return undefined;
  if (hostConfig.IpcMode === 'host') {
    return { destination: '/dev/shm', type: 'bind', source: '/dev/shm', options: ['rbind', 'rprivate'] };
  }
  const size = hostConfig.ShmSize || defaultShmBytes;
  return {
    destination: '/dev/shm',
    type: 'tmpfs',
    source: 'shm',
    options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${size}`],
  };
}

const fileMount = (file: { destination: string; source: string }, readOnly: boolean): OciMount => ({
  destination: file.destination,
  type: 'bind',
  source: file.source,
  options: ['rbind', 'rprivate', ...(readOnly ? ['ro'] : [])],
});

function userMount(mount: ResolvedMount): OciMount {
  if (mount.type === 'tmpfs') {
    const options = ['nosuid', 'nodev', 'noexec', ...mount.options.split(',').filter((text) => text !== '')];
    return { destination: mount.destination, type: 'tmpfs', source: 'tmpfs', options: dedupe(options) };
  }
  const options = [mount.recursive ? 'rbind' : 'bind', mount.propagation || 'rprivate'];
  if (mount.readOnly) options.push('ro');
  return { destination: mount.destination, type: 'bind', source: mount.source, options };
}

const opposites: Record<string, string> = { exec: 'noexec', dev: 'nodev', suid: 'nosuid' };

/** What the user says about a tmpfs wins over the defaults before it. */
function dedupe(options: readonly string[]): string[] {
  const removed = new Set(options.flatMap((option) => opposites[option] ?? []));
  return [...new Set(options)].filter((option) => !removed.has(option));
}

const depth = (path: string): number => path.split('/').length;
const isBelow = (path: string, parent: string): boolean => path.startsWith(`${parent}/`);
