/**
 * Device access in cgroup v2: an eBPF program of type BPF_PROG_TYPE_CGROUP_DEVICE that the launcher attaches to the
 * container's directory (BPF_CGROUP_DEVICE). It returns 1 to allow an access and 0 to refuse it with EPERM.
 */
import { invalidParameter } from '@berth/engine-api';
import type { OciDeviceCgroup } from '../spec.ts';

/** BPF_DEVCG_DEV_… and BPF_DEVCG_ACC_… of linux/bpf.h. */
const types = { b: 1, c: 2 } as const;
const accesses = new Map([
  ['m', 1],
  ['r', 2],
  ['w', 4],
]);
const allAccess = 7;

/** Registers: the context of the call, then its fields. */
const result = 0;
const context = 1;
const type = 2;
const access = 3;
const major = 4;
const minor = 5;
const scratch = 6;

type Instruction = readonly [
  code: number,
  destination: number,
  source: number,
  offset: number,
  value: number,
];

const loadField = (register: number, offset: number): Instruction => [0x61, register, context, offset, 0];
const and = (register: number, mask: number): Instruction => [0x54, register, 0, 0, mask];
const shiftRight = (register: number, bits: number): Instruction => [0x74, register, 0, 0, bits];
const copy = (to: number, from: number): Instruction => [0xbc, to, from, 0, 0];
const skipUnless = (register: number, value: number, skipped: number): Instruction => [
  0x55,
  register,
  0,
  skipped,
  value,
];
const skipUnlessSame = (a: number, b: number, skipped: number): Instruction => [0x5d, a, b, skipped, 0];
const answer = (value: 0 | 1): Instruction[] => [
  [0xb4, result, 0, 0, value],
  [0x95, 0, 0, 0, 0],
];

/** struct bpf_cgroup_dev_ctx { access << 16 | type, major, minor } taken apart. */
const prologue: readonly Instruction[] = [
  loadField(type, 0),
  and(type, 0xffff),
  loadField(access, 0),
  shiftRight(access, 16),
  loadField(major, 4),
  loadField(minor, 8),
];

/**
 * The program for these rules, an array of struct bpf_insn. As in the v1 hierarchy, a later rule overrides earlier
 * ones, and what no rule names is refused.
 */
export function compileDeviceFilter(rules: readonly OciDeviceCgroup[]): Buffer {
  // The kernel refuses code that is never reached: nothing may follow a rule about everything.
  const decisive = rules.findLastIndex(coversEverything);
  const blocks = rules.slice(Math.max(decisive, 0)).reverse().map(compileRule);
  const program = [...prologue, ...blocks.flat(), ...(decisive === -1 ? answer(0) : [])];
  const buffer = Buffer.alloc(program.length * 8);
  program.forEach(([code, destination, source, offset, value], index) => {
    buffer.writeUInt8(code, index * 8);
    buffer.writeUInt8(destination | (source << 4), index * 8 + 1);
    buffer.writeInt16LE(offset, index * 8 + 2);
    buffer.writeInt32LE(value | 0, index * 8 + 4);
  });
  return buffer;
}

const isAnyDevice = (rule: OciDeviceCgroup): boolean => rule.type === undefined || rule.type === 'a';

const coversEverything = (rule: OciDeviceCgroup): boolean =>
  isAnyDevice(rule) && accessMask(rule.access) === allAccess;

function compileRule(rule: OciDeviceCgroup): Instruction[] {
  const mask = accessMask(rule.access);
  const decision = answer(rule.allow ? 1 : 0);
  const isAny = isAnyDevice(rule);
  const tests: ((skipped: number) => Instruction)[] = [];
  if (!isAny) tests.push((skipped) => skipUnless(type, types[rule.type === 'b' ? 'b' : 'c'], skipped));
  if (!isAny && isNumber(rule.major)) tests.push((skipped) => skipUnless(major, rule.major ?? 0, skipped));
  if (!isAny && isNumber(rule.minor)) tests.push((skipped) => skipUnless(minor, rule.minor ?? 0, skipped));
  const allowed: Instruction[] = [];
  if (mask !== allAccess) {
    // An allowance must cover all that is asked for; a refusal applies when it covers any of it.
    allowed.push(copy(scratch, access), and(scratch, mask));
    const skipped = decision.length;
    allowed.push(rule.allow ? skipUnlessSame(scratch, access, skipped) : [0x15, scratch, 0, skipped, 0]);
  }
  const body = [...allowed, ...decision];
  return [...tests.map((test, index) => test(tests.length - index - 1 + body.length)), ...body];
}

const isNumber = (value: number | undefined): boolean => value !== undefined && value >= 0;

function accessMask(text: string | undefined): number {
  let mask = 0;
  for (const letter of text ?? 'rwm') {
    const bit = accesses.get(letter);
    if (bit === undefined)
      throw invalidParameter(`invalid device access "${text}": only r, w and m are known`);
    mask |= bit;
  }
  return mask;
}
