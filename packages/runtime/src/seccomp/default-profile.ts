/**
 * The profile of a container that names none: equal in effect to Docker's default (moby/profiles, seccomp), which
 * allows what ordinary programs need, and more to a process that has the capability for it.
 */
import type { OciSeccomp } from '../spec.ts';
import { enosys, eperm } from './actions.ts';
import { allowedSyscalls } from './allowed-syscalls.ts';
import { nativeArchitecture } from './architectures.ts';

type Rule = NonNullable<OciSeccomp['syscalls']>[number];

const byCapability: Readonly<Record<string, readonly string[]>> = {
  CAP_DAC_READ_SEARCH: ['open_by_handle_at'],
  CAP_SYS_ADMIN: [
    ...[
      'bpf',
      'clone',
      'clone3',
      'fanotify_init',
      'fsconfig',
      'fsmount',
      'fsopen',
      'fspick',
      'lookup_dcookie',
    ],
    ...['lsm_get_self_attr', 'lsm_list_modules', 'lsm_set_self_attr', 'mount', 'mount_setattr', 'move_mount'],
    ...['open_tree', 'perf_event_open', 'quotactl', 'quotactl_fd', 'setdomainname', 'sethostname', 'setns'],
    ...['syslog', 'umount', 'umount2', 'unshare'],
  ],
  CAP_SYS_BOOT: ['reboot'],
  CAP_SYS_CHROOT: ['chroot'],
  CAP_SYS_MODULE: ['delete_module', 'init_module', 'finit_module'],
  CAP_SYS_PACCT: ['acct'],
  CAP_SYS_PTRACE: ['kcmp', 'pidfd_getfd', 'process_madvise'],
  CAP_SYS_RAWIO: ['iopl', 'ioperm'],
  CAP_SYS_TIME: ['settimeofday', 'stime', 'clock_settime', 'clock_settime64'],
  CAP_SYS_TTY_CONFIG: ['vhangup'],
  CAP_SYS_NICE: ['get_mempolicy', 'mbind', 'set_mempolicy', 'set_mempolicy_home_node'],
  CAP_SYSLOG: ['syslog'],
  CAP_BPF: ['bpf'],
  CAP_PERFMON: ['perf_event_open'],
};

/** Safe since Linux 4.8, where ptrace no longer lets a process get around the filter; older kernels cannot run us. */
const sinceLinux48 = ['process_vm_readv', 'process_vm_writev', 'ptrace'];

const byArchitecture: Readonly<Record<string, readonly string[]>> = {
  SCMP_ARCH_X86_64: ['arch_prctl', 'modify_ldt'],
  SCMP_ARCH_AARCH64: [
    'arm_fadvise64_64',
    'arm_sync_file_range',
    'sync_file_range2',
    'breakpoint',
    'cacheflush',
    'set_tls',
  ],
};

const subArchitectures: Readonly<Record<string, readonly string[]>> = {
  SCMP_ARCH_X86_64: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  SCMP_ARCH_AARCH64: ['SCMP_ARCH_ARM'],
};

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const namespaceFlags = 0x7e02_0000;

/**
 * Socket families are numbered up to AF_MCTP (45). Left out: AF_VSOCK (40), which reaches past network namespaces;
 * AF_ALG (38), kernel code that containers have no need of; and those Linux has removed (DECnet 12, Econet 19,
 * ATMSVC 20, IrDA 23, Wanpipe 25, ISDN 34, CAIF 37), whose modules on older kernels nobody maintains.
 */
const closedFamilies = new Set([12, 19, 20, 23, 25, 34, 37, 38, 40]);
const lastFamily = 45;
const firstClosed = Math.min(...closedFamilies);

/** Linux, 32-bit Linux, either with the address space not randomised; 0xffffffff only asks. */
const personalities = [0x0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];

const allow = (names: readonly string[], op?: string, value = 0): Rule => ({
  names: [...names],
  action: 'SCMP_ACT_ALLOW',
  ...(op === undefined ? {} : { args: [{ index: 0, value, op }] }),
});

function socketRules(): Rule[] {
  const families = Array.from({ length: lastFamily - firstClosed }, (_, i) => firstClosed + 1 + i);
  const open = families.filter((family) => !closedFamilies.has(family));
  return [
    allow(['socket'], 'SCMP_CMP_LT', firstClosed),
    ...open.map((family) => allow(['socket'], 'SCMP_CMP_EQ', family)),
  ];
}

function build(capabilities: ReadonlySet<string>): OciSeccomp {
  const granted = Object.keys(byCapability).filter((capability) => capabilities.has(capability));
  const isAdmin = capabilities.has('CAP_SYS_ADMIN');
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: eperm,
    architectures: [nativeArchitecture, ...(subArchitectures[nativeArchitecture] ?? [])],
    syscalls: [
      allow([...allowedSyscalls, ...sinceLinux48, ...(byArchitecture[nativeArchitecture] ?? [])]),
      ...socketRules(),
      ...personalities.map((value) => allow(['personality'], 'SCMP_CMP_EQ', value)),
      ...granted.map((capability) => allow(byCapability[capability] ?? [])),
      // clone may not make namespaces; clone3 hides its flags behind a pointer, so libc is sent back to clone.
      ...(isAdmin ? [] : [allow(['clone'], 'SCMP_CMP_MASKED_EQ', namespaceFlags)]),
      ...(isAdmin ? [] : [{ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: enosys }]),
    ],
  };
}

const cache = new Map<string, OciSeccomp>();

/** Docker's default profile for a process with these capabilities (`CAP_…` names, its bounding set). */
export function defaultSeccompProfile(capabilities: readonly string[]): OciSeccomp {
  const set = new Set(capabilities);
  const key = Object.keys(byCapability)
    .filter((capability) => set.has(capability))
    .join();
  const profile = cache.get(key) ?? build(set);
  cache.set(key, profile);
  return profile;
}
