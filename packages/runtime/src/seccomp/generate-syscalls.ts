/**
 * Writes generated/syscalls.json: system call names to numbers per architecture, from the kernel headers of this
 * machine (package linux-libc-dev) plus the calls added since. Run it with `node generate-syscalls.ts`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const include = '/usr/include/x86_64-linux-gnu/asm';

/** Linux 6.5 to 6.18 number new calls alike on every architecture (arch/x86/entry/syscalls/syscall_64.tbl). */
const newer = {
  cachestat: 451,
  fchmodat2: 452,
  futex_wake: 454,
  futex_wait: 455,
  futex_requeue: 456,
  statmount: 457,
  listmount: 458,
  lsm_get_self_attr: 459,
  lsm_set_self_attr: 460,
  lsm_list_modules: 461,
  mseal: 462,
  setxattrat: 463,
  getxattrat: 464,
  listxattrat: 465,
  removexattrat: 466,
  open_tree_attr: 467,
  file_getattr: 468,
  file_setattr: 469,
};
const newerX86 = { ...newer, map_shadow_stack: 453 };

/** `#define __NR_name number`, after the preprocessor or as written. */
function parse(text: string, bit = 0): Record<string, number> {
  const found = text.matchAll(/^#define __NR_(\w+) \(?(?:__X32_SYSCALL_BIT \+ )?(\d+)\)?$/gm);
  return Object.fromEntries(Array.from(found, ([, name = '', number]) => [name, Number(number) + bit]));
}

/** arm64 uses the generic table with these extras (arch/arm64/include/uapi/asm/unistd.h). */
function parseGeneric(): Record<string, number> {
  const wants = ['RENAMEAT', 'NEW_STAT', 'SET_GET_RLIMIT', 'SYS_CLONE3', 'MEMFD_SECRET'];
  const defines = wants.map((want) => `-D__ARCH_WANT_${want}`);
  const input = '#include <asm-generic/unistd.h>\n';
  const output = execFileSync('cc', ['-E', '-dM', ...defines, '-'], { input, encoding: 'utf8' });
  const macros = new Map(
    Array.from(output.matchAll(/^#define (__NR\w*) (\w+)$/gm), (m) => [m[1] ?? '', m[2] ?? '']),
  );
  const table: Record<string, number> = {};
  for (const [name, value] of macros) {
    const number = Number(macros.get(value) ?? value);
    if (name.startsWith('__NR_') && !['__NR_syscalls', '__NR_arch_specific_syscall'].includes(name)) {
      table[name.slice('__NR_'.length)] = number;
    }
  }
  return table;
}

const x32Bit = 0x4000_0000;
const shifted = Object.fromEntries(Object.entries(newerX86).map(([name, number]) => [name, number + x32Bit]));
const tables = {
  x86_64: { ...parse(readFileSync(`${include}/unistd_64.h`, 'utf8')), ...newerX86, uretprobe: 335 },
  x86: { ...parse(readFileSync(`${include}/unistd_32.h`, 'utf8')), ...newerX86 },
  x32: { ...parse(readFileSync(`${include}/unistd_x32.h`, 'utf8'), x32Bit), ...shifted },
  aarch64: { ...parseGeneric(), ...newer },
};
const sorted = Object.fromEntries(
  Object.entries(tables).map(([architecture, table]) => [
    architecture,
    Object.fromEntries(Object.entries(table).sort(([, a], [, b]) => a - b)),
  ]),
);
writeFileSync(new URL('generated/syscalls.json', import.meta.url), `${JSON.stringify(sorted, null, 1)}\n`);
