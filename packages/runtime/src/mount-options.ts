/**
 * fstab-style mount options as runc takes them (runc `libcontainer/specconv`), for the new mount API: attributes
 * of the mount (`fsmount`, `mount_setattr`), its propagation, and what goes to the file system itself.
 */

/** MOUNT_ATTR_* of <linux/mount.h>. */
export const mountAttributes = {
  RDONLY: 0x1n,
  NOSUID: 0x2n,
  NODEV: 0x4n,
  NOEXEC: 0x8n,
  ATIME_MASK: 0x70n,
  NOATIME: 0x10n,
  STRICTATIME: 0x20n,
  NODIRATIME: 0x80n,
  NOSYMFOLLOW: 0x200000n,
} as const;

/** MS_* of <linux/mount.h>. */
export const propagations = {
  recursive: 0x4000n,
  unbindable: 0x20000n,
  private: 0x40000n,
  slave: 0x80000n,
  shared: 0x100000n,
} as const;

export interface MountOptions {
  bind: boolean;
  recursive: boolean;
  set: bigint;
  clear: bigint;
  /** 0 leaves it as it is. */
  propagation: bigint;
  /** For the file system: `size=64k` is ['size', '64k'], a flag has no value. */
  data: (readonly [key: string, value?: string])[];
}

interface Effect {
  set?: bigint;
  clear?: bigint;
  bind?: boolean;
  recursive?: boolean;
}

const a = mountAttributes;

/** Options that change the mount. The atime ones exclude each other, so each clears the others first. */
const effects = new Map<string, Effect>(
  Object.entries({
    ro: { set: a.RDONLY },
    rro: { set: a.RDONLY },
    rw: { clear: a.RDONLY },
    nosuid: { set: a.NOSUID },
    suid: { clear: a.NOSUID },
    nodev: { set: a.NODEV },
    dev: { clear: a.NODEV },
    noexec: { set: a.NOEXEC },
    exec: { clear: a.NOEXEC },
    noatime: { set: a.NOATIME, clear: a.ATIME_MASK },
    relatime: { clear: a.ATIME_MASK },
    atime: { clear: a.ATIME_MASK },
    strictatime: { set: a.STRICTATIME, clear: a.ATIME_MASK },
    nodiratime: { set: a.NODIRATIME },
    diratime: { clear: a.NODIRATIME },
    nosymfollow: { set: a.NOSYMFOLLOW },
    symfollow: { clear: a.NOSYMFOLLOW },
    bind: { bind: true },
    rbind: { bind: true, recursive: true },
  }),
);

/** Options without any effect here: defaults, or meant for mount(8) and volume drivers. */
const ignored = new Set([
  ...['defaults', 'remount', 'loud', 'silent', 'async', 'nomand', 'nolazytime', 'noiversion', 'norelatime'],
  ...['nostrictatime', 'z', 'Z', 'copy', 'nocopy', 'cached', 'delegated', 'consistent', ''],
]);

const propagationOf = (option: string): bigint | undefined => {
  const name = option.startsWith('r') ? option.slice(1) : option;
  return name === 'private' || name === 'slave' || name === 'shared' || name === 'unbindable'
    ? propagations[name]
    : undefined;
};

/** Sorts the options of one mount; of two that contradict each other the later one wins. */
export function parseMountOptions(options: readonly string[]): MountOptions {
  const result: MountOptions = {
    bind: false,
    recursive: false,
    set: 0n,
    clear: 0n,
    propagation: 0n,
    data: [],
  };
  for (const option of options) {
    const effect = effects.get(option);
    const propagation = propagationOf(option);
    if (effect !== undefined) apply(result, effect);
    else if (propagation !== undefined) result.propagation = propagation;
    else if (!ignored.has(option)) result.data.push(splitOption(option));
  }
  return result;
}

function apply(
  result: MountOptions,
  { set = 0n, clear = 0n, bind = false, recursive = false }: Effect,
): void {
  result.set = (result.set & ~clear) | set;
  result.clear = (result.clear & ~set) | clear;
  result.bind ||= bind;
  result.recursive ||= recursive;
}

function splitOption(option: string): readonly [string, string?] {
  const equals = option.indexOf('=');
  return equals < 0 ? [option] : [option.slice(0, equals), option.slice(equals + 1)];
}
