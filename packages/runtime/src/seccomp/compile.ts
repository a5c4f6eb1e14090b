/** From a seccomp profile of the OCI spec to a BPF program: one decision tree per architecture. */
import { invalidParameter } from '@berth/engine-api';
import type { OciSeccomp } from '../spec.ts';
import { actionValue, enosys, flagBits, isPermissive, killThread } from './actions.ts';
import { type Architecture, architectures, type SyscallTable, x32Bit } from './architectures.ts';
import { Assembler, type Label, op } from './assembler.ts';
import { type Argument, compareArgument } from './conditions.ts';

/** Offsets in struct seccomp_data. */
const numberOffset = 0;
const architectureOffset = 4;

/** What is decided for one system call: the first alternative whose conditions all hold, otherwise `otherwise`. */
interface Decision {
  alternatives: { conditions: readonly Argument[]; value: number }[];
  otherwise: number;
}

/** System calls from `start` up to the next range's start are decided alike. */
interface Range {
  start: number;
  decision: Decision;
}

export function assemble(seccomp: OciSeccomp): { program: Buffer; flags: number } {
  const code = new Assembler();
  const chosen = architectures(seccomp.architectures ?? []);
  const x32 = chosen.get('SCMP_ARCH_X32');
  chosen.delete('SCMP_ARCH_X32');
  let next = code.return(killThread);
  for (const [name, architecture] of [...chosen].reverse()) {
    const start = section(code, seccomp, architecture, name === 'SCMP_ARCH_X86_64' ? { x32 } : undefined);
    next = code.branch(op.ifEqual, architecture.audit, start, next);
  }
  code.load(architectureOffset);
  return { program: code.program(), flags: flagBits(seccomp.flags) };
}

/** x32 calls come with x86_64's architecture and one bit set in the number; not wanted, they are an alien call. */
function section(
  code: Assembler,
  seccomp: OciSeccomp,
  architecture: Architecture,
  amd64: { x32: Architecture | undefined } | undefined,
): Label {
  const ranges = toRanges(seccomp, architecture.syscalls, 0);
  if (amd64?.x32 !== undefined) ranges.push(...toRanges(seccomp, amd64.x32.syscalls, x32Bit));
  else if (amd64) ranges.push({ start: x32Bit, decision: { alternatives: [], otherwise: killThread } });
  code.jump(tree(code, mergeEqual(ranges)));
  return code.load(numberOffset);
}

/** Sorted ranges that cover every number from `first` on. */
function toRanges(seccomp: OciSeccomp, table: SyscallTable, first: number): Range[] {
  const otherwise = actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet);
  const decisions = collect(seccomp, table, otherwise);
  const ranges: Range[] = [];
  const standard: Decision = { alternatives: [], otherwise };
  let expected = first;
  for (const [number, decision] of [...decisions].sort(([a], [b]) => a - b)) {
    if (number > expected) ranges.push({ start: expected, decision: standard });
    ranges.push({ start: number, decision });
    expected = number + 1;
  }
  // A call newer than the profile says "not implemented", so that programs try an older one (as runc does it).
  const unchanged = isPermissive(seccomp.defaultAction) || decisions.size === 0;
  const newer = unchanged ? otherwise : actionValue('SCMP_ACT_ERRNO', enosys);
  ranges.push({ start: expected, decision: { alternatives: [], otherwise: newer } });
  return ranges;
}

/** Rules by system call number. Names this architecture does not have are left out. */
function collect(seccomp: OciSeccomp, table: SyscallTable, otherwise: number): Map<number, Decision> {
  const decisions = new Map<number, Decision>();
  for (const { names, action, errnoRet, args = [] } of seccomp.syscalls ?? []) {
    const value = actionValue(action, errnoRet);
    for (const name of names) {
      const number = table.get(name);
      if (number === undefined) continue;
      const decision = decisions.get(number) ?? { alternatives: [], otherwise };
      decisions.set(number, addRule(decision, alternatives(args), value));
    }
  }
  return decisions;
}

/** Conditions are joined by "and", except that several on one argument are alternatives (as runc reads them). */
function alternatives(args: readonly Argument[]): (readonly Argument[])[] {
  const repeated = new Set(args.map(({ index }) => index)).size !== args.length;
  return repeated ? args.map((argument) => [argument]) : [args];
}

function addRule(decision: Decision, rules: (readonly Argument[])[], value: number): Decision {
  const unconditional = decision.alternatives.some(({ conditions }) => conditions.length === 0);
  if (unconditional) return decision;
  // A rule without conditions covers all those with some.
  if (rules.some((conditions) => conditions.length === 0)) {
    return { ...decision, alternatives: [{ conditions: [], value }] };
  }
  const added = rules.map((conditions) => ({ conditions, value }));
  return { ...decision, alternatives: [...decision.alternatives, ...added] };
}

function mergeEqual(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  let last: number | undefined;
  for (const range of ranges) {
    const value = constantOf(range.decision);
    if (merged.length === 0 || value === undefined || value !== last) merged.push(range);
    last = value;
  }
  return merged;
}

function constantOf({ alternatives: [first], otherwise }: Decision): number | undefined {
  if (first === undefined) return otherwise;
  return first.conditions.length === 0 ? first.value : undefined;
}

/** A balanced binary search over the starts of the ranges. */
function tree(code: Assembler, ranges: readonly Range[]): Label {
  const middle = ranges[ranges.length >> 1];
  if (middle === undefined) throw invalidParameter('seccomp profile is empty');
  if (ranges.length === 1) return decide(code, middle.decision);
  const upper = tree(code, ranges.slice(ranges.length >> 1));
  const lower = tree(code, ranges.slice(0, ranges.length >> 1));
  return code.branch(op.ifGreaterOrEqual, middle.start, upper, lower);
}

function decide(code: Assembler, decision: Decision): Label {
  const constant = constantOf(decision);
  if (constant !== undefined) return code.return(constant);
  let next = code.return(decision.otherwise);
  for (const { conditions, value } of decision.alternatives.toReversed()) {
    let matched = code.return(value);
    for (const condition of conditions.toReversed())
      matched = compareArgument(code, condition, matched, next);
    next = matched;
  }
  return next;
}
