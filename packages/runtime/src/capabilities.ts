/**
 * Capability names and numbers (include/uapi/linux/capability.h), and what Docker grants a container by default.
 */
import { readFileSync } from 'node:fs';
import { invalidParameter } from '@berth/engine-api';

/** In the kernel's order: the index is the number. */
export const capabilityNames = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
] as const;

/** What a container gets unless `CapAdd`/`CapDrop` say otherwise (Docker's list of 14). */
export const defaultCapabilities: readonly string[] = [
  'CAP_AUDIT_WRITE',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_MKNOD',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_RAW',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
];

const numbers = new Map<string, number>(capabilityNames.map((name, number) => [name, number]));

/**
 * The number of a capability; upper or lower case, with or without `CAP_`, as Docker accepts them.
 * @throws invalid-parameter for a name no kernel knows.
 */
export function capabilityNumber(name: string): number {
  const upper = name.toUpperCase();
  const number = numbers.get(upper.startsWith('CAP_') ? upper : `CAP_${upper}`);
  if (number === undefined) throw invalidParameter(`invalid capability: "${name}"`);
  return number;
}

/** The 64-bit set of these names, without those this kernel does not have (setting them would be refused). */
export function capabilityMask(names: readonly string[]): bigint {
  const known = (1n << BigInt(lastCapability() + 1)) - 1n;
  return names.reduce((mask, name) => mask | (1n << BigInt(capabilityNumber(name))), 0n) & known;
}

let last: number | undefined;

/** The highest capability number of the running kernel. */
export function lastCapability(): number {
  last ??= Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'));
  return last;
}

/** Every capability of the running kernel, for `--privileged`. */
export function allCapabilities(): string[] {
  return capabilityNames.slice(0, lastCapability() + 1);
}
