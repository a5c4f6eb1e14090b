import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { allCapabilities, defaultCapabilities } from '../capabilities.ts';
import type { OciSeccomp } from '../spec.ts';
import { allowedSyscalls } from './allowed-syscalls.ts';
import tables from './generated/syscalls.json' with { type: 'json' };
import { compileSeccomp, defaultSeccompProfile } from './index.ts';

const allow = 0x7fff_0000;
const errno = (number: number): number => 0x0005_0000 | number;
const eperm = errno(1);
const enosys = errno(38);
const amd64 = 0xc000_003e;
const i386 = 0x4000_0003;
const x86Only = { skip: process.arch === 'x64' ? false : 'the samples are x86_64 system calls' };

/** Runs a filter as the kernel does, strictly: anything it would refuse to load fails the test. */
function run(program: Buffer, number: number, args: readonly bigint[] = [], architecture = amd64): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number >>> 0, 0);
  data.writeUInt32LE(architecture, 4);
  for (const [index, value] of args.entries())
    data.writeBigUInt64LE(BigInt.asUintN(64, value), 16 + 8 * index);
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; at++) {
    const k = program.readUInt32LE(at * 8 + 4);
    const branch = (taken: boolean): void => {
      at += program.readUInt8(at * 8 + (taken ? 2 : 3));
    };
    const code = program.readUInt16LE(at * 8);
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x05) at += k;
    else if (code === 0x15) branch(accumulator === k);
    else if (code === 0x25) branch(accumulator > k);
    else if (code === 0x35) branch(accumulator >= k);
    else if (code === 0x06) return k;
    else assert.fail(`unknown instruction ${code}`);
  }
  return assert.fail('the program runs past its end');
}

const numbers = new Map(Object.entries(tables.x86_64));
const call = (name: string): number => numbers.get(name) ?? assert.fail(`no system call ${name}`);
const compile = (profile: OciSeccomp): Buffer => compileSeccomp(profile).program;
const defaultProgram = (): Buffer => compile(defaultSeccompProfile(defaultCapabilities));

test('the default profile decides every system call of every architecture as its rules say', x86Only, () => {
  const allowed = new Set([...allowedSyscalls, 'process_vm_readv', 'process_vm_writev', 'ptrace']);
  for (const name of ['arch_prctl', 'modify_ldt', 'chroot']) allowed.add(name);
  // These depend on arguments that are all zero here.
  for (const name of ['personality', 'clone', 'socket']) allowed.add(name);
  const program = defaultProgram();
  for (const [table, architecture] of [
    [tables.x86_64, amd64],
    [tables.x86, i386],
    [tables.x32, amd64],
  ] as const) {
    const last = Math.max(...Object.entries(table).flatMap(([name, nr]) => (allowed.has(name) ? [nr] : [])));
    for (const [name, number] of Object.entries(table)) {
      const refused = name === 'clone3' || number > last ? enosys : eperm;
      assert.equal(run(program, number, [], architecture), allowed.has(name) ? allow : refused, name);
    }
    assert.equal(run(program, last + 1, [], architecture), enosys);
  }
  assert.equal(run(program, 0, [], 0xc000_00b7), 0, 'a foreign architecture is killed');
});

test('arguments of the default profile', x86Only, () => {
  const program = defaultProgram();
  const rows: [string, bigint[], number][] = [
    ['socket', [1n], allow],
    ['socket', [2n], allow],
    ['socket', [16n], allow],
    ['socket', [38n], eperm],
    ['socket', [39n], allow],
    ['socket', [40n], eperm],
    ['socket', [45n], allow],
    ['socket', [46n], eperm],
    ['socket', [0x1_0000_0002n], eperm],
    ['personality', [8n], allow],
    ['personality', [0xffff_ffffn], allow],
    ['personality', [0x4_0000n], eperm],
    ['personality', [-1n], eperm],
    ['clone', [0x1200011n], allow],
    ['clone', [0x1000_0000n], eperm],
    ['clone', [0x0002_0000n], eperm],
    ['clone3', [0n], enosys],
    ['mount', [0n], eperm],
  ];
  for (const [name, args, expected] of rows)
    assert.equal(run(program, call(name), args), expected, `${name} ${args}`);
});

test('capabilities open more system calls', x86Only, () => {
  const program = compile(defaultSeccompProfile(allCapabilities()));
  for (const name of [
    'mount',
    'clone3',
    'unshare',
    'bpf',
    'reboot',
    'init_module',
    'acct',
    'kcmp',
    'mbind',
  ]) {
    assert.equal(run(program, call(name)), allow, name);
  }
  assert.equal(run(program, call('clone'), [0x1000_0000n]), allow);
  assert.equal(run(program, call('kexec_load')), eperm);
  const onlyBpf = compile(defaultSeccompProfile(['CAP_BPF']));
  assert.deepEqual([run(onlyBpf, call('bpf')), run(onlyBpf, call('chroot'))], [allow, eperm]);
});

test('every operator compares all 64 bits', x86Only, () => {
  const value = 0x1_0000_0005n;
  const samples = [0n, 5n, value - 1n, value, value + 1n, 0x2_0000_0000n, 0xffff_ffff_ffff_ffffn];
  const mask = 0xff_0000_000fn;
  const operators: [string, (sample: bigint) => boolean][] = [
    ['SCMP_CMP_EQ', (sample) => sample === value],
    ['SCMP_CMP_NE', (sample) => sample !== value],
    ['SCMP_CMP_LT', (sample) => sample < value],
    ['SCMP_CMP_LE', (sample) => sample <= value],
    ['SCMP_CMP_GT', (sample) => sample > value],
    ['SCMP_CMP_GE', (sample) => sample >= value],
    ['SCMP_CMP_MASKED_EQ', (sample) => (sample & mask) === value],
  ];
  for (const [op, holds] of operators) {
    const args = [
      op.endsWith('MASKED_EQ') ? { index: 5, value: mask, valueTwo: value, op } : { index: 5, value, op },
    ];
    const program = compile({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', args }],
    });
    for (const sample of samples) {
      assert.equal(
        run(program, 0, [0n, 0n, 0n, 0n, 0n, sample]),
        holds(sample) ? allow : eperm,
        `${op} ${sample}`,
      );
    }
  }
});

test('conditions on different arguments are joined, on the same one they are alternatives', x86Only, () => {
  const rule = (...args: { index: number; value: number }[]): Buffer =>
    compile({
      defaultAction: 'SCMP_ACT_KILL_PROCESS',
      syscalls: [
        {
          names: ['read', 'nonsense'],
          action: 'SCMP_ACT_ERRNO',
          errnoRet: 7,
          args: args.map((a) => ({ ...a, op: 'SCMP_CMP_EQ' })),
        },
      ],
    });
  const kill = 0x8000_0000;
  const both = rule({ index: 0, value: 1 }, { index: 1, value: 2 });
  assert.deepEqual([run(both, 0, [1n, 2n]), run(both, 0, [1n, 3n])], [errno(7), kill]);
  const either = rule({ index: 0, value: 1 }, { index: 0, value: 2 });
  assert.deepEqual(
    [1n, 2n, 3n].map((value) => run(either, 0, [value])),
    [errno(7), errno(7), kill],
  );
});

test('a profile that allows by default says nothing about newer calls', x86Only, () => {
  const profile: OciSeccomp = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 }],
  };
  const program = compile(profile);
  assert.deepEqual([run(program, call('mkdir')), run(program, 9999)], [enosys, allow]);
  assert.equal(run(program, 0x4000_0000), 0, 'x32 calls are alien where the profile does not name x32');
  assert.equal(compileSeccomp(structuredClone(profile)).program, program, 'compiled once');
});

test('bad profiles are refused in words', () => {
  const rule = { names: ['read'], action: 'SCMP_ACT_ALLOW' };
  const arg = (index: number, op: string) => ({ ...rule, args: [{ index, value: 0, op }] });
  const profiles: [OciSeccomp, RegExp][] = [
    [{ defaultAction: 'SCMP_ACT_MAYBE' }, /unknown seccomp action "SCMP_ACT_MAYBE"/],
    [{ defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_Z80'] }, /architecture "SCMP_ARCH_Z80"/],
    [{ defaultAction: 'SCMP_ACT_ALLOW', flags: ['X'] }, /flag "X"/],
    [{ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [arg(6, 'SCMP_CMP_EQ')] }, /index must be between 0 and 5/],
    [{ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [arg(0, '==')] }, /operator "=="/],
    [{ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 70_000 }, /errnoRet/],
  ];
  for (const [profile, message] of profiles) assert.throws(() => compileSeccomp(profile), { message });
  const names = [...numbers.keys()];
  const args = Array.from({ length: 10 }, (_, value) => ({ index: 0, value, op: 'SCMP_CMP_EQ' }));
  const huge: OciSeccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [{ names, action: 'SCMP_ACT_ALLOW', args }],
  };
  if (process.arch === 'x64') assert.throws(() => compileSeccomp(huge), { message: /too large/ });
});

/** Installs the filter and makes the calls given as `number,arg,…`; prints each errno, 0 for success. */
const helperSource = `
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv) {
  static struct sock_filter filter[4096];
  FILE *file = fopen(argv[1], "r");
  struct sock_fprog program = {fread(filter, sizeof *filter, 4096, file), filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, atoi(argv[2]), &program))
    return 1;
  for (int i = 3; i < argc; i++) {
    long values[3] = {0};
    int n = 0;
    for (char *part = strtok(argv[i], ","); part; part = strtok(NULL, ",")) values[n++] = strtoul(part, NULL, 0);
    printf("%d\\n", syscall(values[0], values[1], values[2]) < 0 ? errno : 0);
  }
  return 0;
}
`;

test('the kernel takes the default filter and answers by it', x86Only, () => {
  const directory = mkdtempSync(join(tmpdir(), 'berth-seccomp-'));
  try {
    const helper = join(directory, 'helper');
    execFileSync('cc', ['-x', 'c', '-o', helper, '-'], { input: helperSource });
    const { program, flags } = compileSeccomp(defaultSeccompProfile(defaultCapabilities));
    writeFileSync(join(directory, 'filter'), program);
    const calls: [string, number][] = [
      [`${call('getpid')}`, 0],
      [`${call('socket')},1,1`, 0],
      [`${call('socket')},38,5`, 1],
      [`${call('unshare')},0x20000`, 1],
      [`${call('clone3')}`, 38],
      [`${call('personality')},0xffffffff`, 0],
      [`${call('personality')},0x40000`, 1],
      [`${call('keyctl')}`, 1],
      ['4000', 38],
    ];
    const output = execFileSync(helper, [
      join(directory, 'filter'),
      String(flags),
      ...calls.map(([text]) => text),
    ]);
    assert.deepEqual(
      output.toString().trim().split('\n').map(Number),
      calls.map(([, expected]) => expected),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
