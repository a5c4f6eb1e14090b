/** Mounts, devices, masks and the root of a container as operations of a launch program. */
import { isAbsolute } from 'node:path';
import { invalidParameter } from '@berth/engine-api';
import type { CgroupLayout } from './cgroup/types.ts';
import { mountAttributes, parseMountOptions, propagations } from './mount-options.ts';
import type { Operation } from './program.ts';
import { mountFlags } from './protocol.ts';
import type { OciDevice, OciMount, OciSpec } from './spec.ts';
import type { OverlayRoot } from './types.ts';

export interface MountContext {
  layout: CgroupLayout;
  /** The container's directories in the cgroup hierarchies, in the layout's order. */
  cgroupDirectories: readonly string[];
  /** The container has a cgroup namespace of its own. */
  ownCgroupNamespace: boolean;
}

/** What may be covered in /proc (runc's list): files that report on the host, not on processes. */
const coverableProcFiles = new Set(
  ['cpuinfo', 'diskstats', 'meminfo', 'stat', 'swaps', 'uptime', 'loadavg', 'slabinfo', 'net/dev'].map(
    (name) => `/proc/${name}`,
  ),
);

/** One mount of the spec. @throws invalid-parameter when its destination is not absolute or a bind has no source. */
export function compileMount(mount: OciMount, context: MountContext): Operation[] {
  const options = parseMountOptions(mount.options ?? []);
  const { destination, source } = mount;
  if (!isAbsolute(destination)) throw invalidParameter(`mount destination "${destination}" is not absolute`);
  if (mount.type === 'cgroup' || mount.type === 'cgroup2') return compileCgroupMount(mount, context);
  const flags = coverableProcFiles.has(destination) || destination === '/proc' ? mountFlags.ON_PROC : 0;
  if (mount.type === 'bind' || options.bind) {
    if (source === undefined) throw invalidParameter(`bind mount at "${destination}" has no source`);
    const recursive = options.recursive ? mountFlags.RECURSIVE : 0;
    const { set, clear, propagation } = options;
    return [
      ['BIND', source, destination, set, clear, propagation || propagations.private, flags | recursive],
    ];
  }
  if (mount.type === undefined) throw invalidParameter(`mount at "${destination}" has no type`);
  const data = options.data.flatMap(([key, value]) => [value === undefined ? 0 : 1, key, value ?? '']);
  const count = options.data.length;
  const { set, propagation } = options;
  const name = source ?? mount.type;
  return [['MOUNT', mount.type, name, destination, set, propagation, flags, count, ...data]];
}

/** The picture of the host's cgroups at /sys/fs/cgroup, where the container sees its own as the root. */
function compileCgroupMount(mount: OciMount, context: MountContext): Operation[] {
  const { destination } = mount;
  const { set } = parseMountOptions(mount.options ?? []);
  const { layout } = context;
  if (layout.version === 2) {
    if (context.ownCgroupNamespace) return [['MOUNT', 'cgroup2', 'cgroup', destination, set, 0n, 0, 0]];
    return [bindCgroup(context.cgroupDirectories[0] ?? layout.mountPoint, destination, set)];
  }
  // The tmpfs becomes read-only when everything is in it.
  const own = mountAttributes.NOSUID | mountAttributes.NODEV | mountAttributes.NOEXEC;
  return [
    ['MOUNT', 'tmpfs', 'tmpfs', destination, own, 0n, 0, 1, 1, 'mode', '755'],
    ...layout.hierarchies.flatMap(({ name, symlinks, mountPoint }, index): Operation[] => [
      bindCgroup(context.cgroupDirectories[index] ?? mountPoint, `${destination}/${name}`, set),
      ...symlinks.map((link): Operation => ['SYMLINK', name, `${destination}/${link}`]),
    ]),
    ['ATTRIBUTES', destination, set & mountAttributes.RDONLY],
  ];
}

const bindCgroup = (source: string, target: string, set: bigint): Operation => [
  ...(['BIND', source, target, set, 0n, propagations.private, 0] as const),
];

const fileTypes = { c: 0o020000, u: 0o020000, b: 0o060000, p: 0o010000 } as const;

const deviceOperation = ({
  type,
  path,
  major,
  minor,
  fileMode = 0o666,
  uid = 0,
  gid = 0,
}: OciDevice): Operation => [
  ...(['DEVICE', path, fileTypes[type] | (fileMode & 0o7777), major, minor, uid, gid] as const),
];

/** Every container has these (OCI runtime specification, "Default Devices"). */
const defaultDevices = [
  ['null', 1, 3],
  ['zero', 1, 5],
  ['full', 1, 7],
  ['random', 1, 8],
  ['urandom', 1, 9],
  ['tty', 5, 0],
] as const;

const deviceLinks = [
  ['/proc/self/fd', '/dev/fd'],
  ['/proc/self/fd/0', '/dev/stdin'],
  ['/proc/self/fd/1', '/dev/stdout'],
  ['/proc/self/fd/2', '/dev/stderr'],
  ['/proc/kcore', '/dev/core'],
  ['pts/ptmx', '/dev/ptmx'],
] as const;

/** The device nodes of a container; none when /dev is a bind mount, which is not the container's to fill. */
export function compileDevices(spec: OciSpec): Operation[] {
  const dev = spec.mounts.findLast(({ destination }) => destination === '/dev' || destination === '/dev/');
  const isBound = dev !== undefined && (dev.type === 'bind' || parseMountOptions(dev.options ?? []).bind);
  if (isBound) return [];
  const asked = spec.linux.devices ?? [];
  const paths = new Set(asked.map(({ path }) => path));
  return [
    ...asked.map(deviceOperation),
    ...defaultDevices
      .map(([name, major, minor]): OciDevice => ({ type: 'c', path: `/dev/${name}`, major, minor }))
      .filter(({ path }) => !paths.has(path))
      .map(deviceOperation),
    ...deviceLinks.map(([target, path]): Operation => ['SYMLINK', target, path]),
  ];
}

/** Where the root is attached before the pivot, and what keeps its mounts from reaching the host. */
export function compileRoot(spec: OciSpec, overlay: OverlayRoot | undefined, stateDir: string): Operation[] {
  const { recursive, private: isPrivate, slave } = propagations;
  const wanted = spec.mounts.map(({ options }) => parseMountOptions(options ?? []).propagation);
  const isShared = wanted.includes(propagations.shared) || /shared$/.test(spec.linux.rootfsPropagation ?? '');
  const isSlave = wanted.includes(slave) || /slave$/.test(spec.linux.rootfsPropagation ?? '');
  // A volume that shares its mounts with the host must stay in the host's peer group. Then only the mount that the
  // root is attached to is made private: /proc, which is always a mount of its own.
  const at = isShared ? '/proc' : stateDir;
  const propagation: Operation = isShared
    ? ['PROPAGATION', '/proc', isPrivate]
    : ['PROPAGATION', '/', recursive | (isSlave ? slave : isPrivate)];
  if (overlay === undefined) return [propagation, ['ROOT_BIND', at, spec.root.path]];
  const { lower, upper, work } = overlay;
  if (lower.length === 0) throw invalidParameter('an overlay root needs at least one read-only layer');
  return [propagation, ['ROOT_OVERLAY', at, upper, work, overlay.volatile ? 1 : 0, lower.length, ...lower]];
}

/** Masks, read-only paths and the root's own attributes, after everything is mounted. */
export function compileProtection(spec: OciSpec): Operation[] {
  const { maskedPaths = [], readonlyPaths = [], rootfsPropagation = '' } = spec.linux;
  const set = spec.root.readonly ? mountAttributes.RDONLY : 0n;
  const name = rootfsPropagation.replace(/^r/, '');
  const propagation =
    name === 'shared' || name === 'slave' || name === 'unbindable' ? propagations[name] : 0n;
  return [
    ...readonlyPaths.map((path): Operation => ['READONLY', path]),
    ...maskedPaths.map((path): Operation => ['MASK', path]),
    ...(set || propagation ? [['ROOT_ATTRIBUTES', set, propagation] satisfies Operation] : []),
  ];
}
