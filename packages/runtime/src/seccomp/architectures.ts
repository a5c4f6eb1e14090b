import { invalidParameter } from '@berth/engine-api';
import tables from './generated/syscalls.json' with { type: 'json' };

export type SyscallTable = ReadonlyMap<string, number>;

export interface Architecture {
  /** AUDIT_ARCH_… of linux/audit.h, as in `seccomp_data.arch`. x32 shares that of x86_64. */
  audit: number;
  syscalls: SyscallTable;
}

/** Set in the number of every x32 system call. */
export const x32Bit = 0x4000_0000;

const table = (entries: Record<string, number>): SyscallTable => new Map(Object.entries(entries));

const known = new Map<string, Architecture>([
  ['SCMP_ARCH_X86_64', { audit: 0xc000_003e, syscalls: table(tables.x86_64) }],
  ['SCMP_ARCH_X86', { audit: 0x4000_0003, syscalls: table(tables.x86) }],
  ['SCMP_ARCH_X32', { audit: 0xc000_003e, syscalls: table(tables.x32) }],
  ['SCMP_ARCH_AARCH64', { audit: 0xc000_00b7, syscalls: table(tables.aarch64) }],
]);

/** Real architectures without a table here: their programs cannot run on our kernels, so leaving them out is safe. */
const foreign = /^SCMP_ARCH_(ARM|MIPS\w*|PPC\w*|S390X?|RISCV64|LOONGARCH64|PARISC\w*|M68K|SHEB|SH)$/;

export const nativeArchitecture = process.arch === 'arm64' ? 'SCMP_ARCH_AARCH64' : 'SCMP_ARCH_X86_64';

/** The architectures of a profile, the native one always among them (as libseccomp does it). */
export function architectures(names: readonly string[]): Map<string, Architecture> {
  const chosen = new Map<string, Architecture>();
  for (const name of [nativeArchitecture, ...names]) {
    const architecture = known.get(name);
    if (architecture !== undefined) chosen.set(name, architecture);
    else if (!foreign.test(name)) throw invalidParameter(`unknown seccomp architecture "${name}"`);
  }
  return chosen;
}
