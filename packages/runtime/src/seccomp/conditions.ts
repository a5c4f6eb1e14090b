/** Comparing 64-bit system call arguments with a machine that has 32-bit registers. */
import { invalidParameter } from '@berth/engine-api';
import type { OciSeccomp } from '../spec.ts';
import { type Assembler, type Label, op } from './assembler.ts';

type Syscall = NonNullable<OciSeccomp['syscalls']>[number];
export type Argument = NonNullable<Syscall['args']>[number];

/** Offset of `args` in struct seccomp_data; low half first on the little-endian machines we run on. */
const argumentsOffset = 16;

const operators = new Map<
  string,
  { condition: 'equal' | 'greater' | 'greaterOrEqual' | 'masked'; not: boolean }
>([
  ['SCMP_CMP_EQ', { condition: 'equal', not: false }],
  ['SCMP_CMP_NE', { condition: 'equal', not: true }],
  ['SCMP_CMP_GT', { condition: 'greater', not: false }],
  ['SCMP_CMP_LE', { condition: 'greater', not: true }],
  ['SCMP_CMP_GE', { condition: 'greaterOrEqual', not: false }],
  ['SCMP_CMP_LT', { condition: 'greaterOrEqual', not: true }],
  ['SCMP_CMP_MASKED_EQ', { condition: 'masked', not: false }],
]);

/** Code that goes to `whenTrue` or `whenFalse`. @throws invalid-parameter for an argument that cannot be. */
export function compareArgument(
  code: Assembler,
  argument: Argument,
  whenTrue: Label,
  whenFalse: Label,
): Label {
  const operator = operators.get(argument.op);
  if (operator === undefined) throw invalidParameter(`unknown seccomp operator "${argument.op}"`);
  const { index } = argument;
  if (!Number.isInteger(index) || index < 0 || index > 5) {
    throw invalidParameter(`seccomp argument index must be between 0 and 5, not ${index}`);
  }
  const [yes, no] = operator.not ? [whenFalse, whenTrue] : [whenTrue, whenFalse];
  const low = argumentsOffset + 8 * index;
  const high = low + 4;
  if (operator.condition === 'masked') {
    const [maskLow, maskHigh] = halves(argument.value);
    const [wantedLow, wantedHigh] = halves(argument.valueTwo ?? 0);
    const second = masked(code, low, maskLow, wantedLow, yes, no);
    return masked(code, high, maskHigh, wantedHigh, second, no);
  }
  const [valueLow, valueHigh] = halves(argument.value);
  const last = { equal: op.ifEqual, greater: op.ifGreater, greaterOrEqual: op.ifGreaterOrEqual }[
    operator.condition
  ];
  code.branch(last, valueLow, yes, no);
  const lowHalf = code.load(low);
  const highEqual = code.branch(op.ifEqual, valueHigh, lowHalf, no);
  if (operator.condition !== 'equal') code.branch(op.ifGreater, valueHigh, yes, highEqual);
  return code.load(high);
}

function masked(code: Assembler, offset: number, mask: number, wanted: number, yes: Label, no: Label): Label {
  if (mask === 0 && wanted === 0) return yes;
  code.branch(op.ifEqual, wanted, yes, no);
  code.and(mask);
  return code.load(offset);
}

function halves(value: number | bigint): [low: number, high: number] {
  const wide = BigInt(value);
  if (wide < 0n || wide >= 1n << 64n)
    throw invalidParameter(`seccomp argument value ${value} does not fit 64 bits`);
  return [Number(wide & 0xffff_ffffn), Number(wide >> 32n)];
}
