/** The process of a container or exec: identity, privileges, arguments, in the order security needs. */
import { invalidParameter } from '@berth/engine-api';
import { capabilityMask, lastCapability } from './capabilities.ts';
import type { Operation } from './program.ts';
import type { CapabilitySets } from './record.ts';
import type { OciProcess } from './spec.ts';

/** RLIMIT_* of <sys/resource.h>. */
const rlimitNumbers = new Map(
  [
    ...['CPU', 'FSIZE', 'DATA', 'STACK', 'CORE', 'RSS', 'NPROC', 'NOFILE', 'MEMLOCK', 'AS', 'LOCKS'],
    ...['SIGPENDING', 'MSGQUEUE', 'NICE', 'RTPRIO', 'RTTIME'],
  ].map((name, number) => [`RLIMIT_${name}`, number]),
);

export interface Privileges {
  capabilities: CapabilitySets | undefined;
  noNewPrivileges: boolean;
  seccomp: { program: Uint8Array; flags: number } | undefined;
}

/** @throws invalid-parameter for a limit no kernel has. */
export function compileRlimits(rlimits: OciProcess['rlimits']): Operation[] {
  return (rlimits ?? []).map(({ type, soft, hard }): Operation => {
    const number = rlimitNumbers.get(type);
    if (number === undefined) throw invalidParameter(`invalid rlimit type "${type}"`);
    return ['RLIMIT', number, limitValue(soft), limitValue(hard)];
  });
}

/** Docker's -1 and anything past 2^63 mean unlimited (RLIM_INFINITY). */
const limitValue = (value: number): bigint =>
  value < 0 || value >= 2 ** 63 ? 0xffffffffffffffffn : BigInt(Math.trunc(value));

export const compileOomScore = (score: number | undefined): Operation[] =>
  score === undefined ? [] : [['OOM_SCORE', String(score)]];

/**
 * The tail of a program, from the arguments to `execve`. Without no_new_privs the kernel wants CAP_SYS_ADMIN for a
 * filter, so it is installed before the capabilities go; with it the filter comes last, when nothing follows
 * that a strict profile could forbid.
 */
export function compileProcess(
  process: OciProcess,
  privileges: Privileges,
  options: { user: string | undefined; groups?: readonly string[]; hold: boolean },
): Operation[] {
  if (process.args.length === 0) throw invalidParameter('no command specified');
  const { capabilities = {}, noNewPrivileges, seccomp } = privileges;
  const mask = (names: string[] | undefined): bigint => capabilityMask(names ?? []);
  const { bounding, effective, permitted, inheritable, ambient } = capabilities;
  const drop: Operation = [
    'CAPABILITIES',
    mask(effective),
    mask(permitted),
    mask(inheritable),
    mask(ambient),
  ];
  const filter: Operation[] = seccomp ? [['SECCOMP', seccomp.flags, seccomp.program]] : [];
  return [
    ...compileRlimits(process.rlimits),
    ...process.env.map((variable): Operation => ['ENV', variable]),
    ...process.args.map((argument): Operation => ['ARG', argument]),
    ...compileUser(process, options.user, options.groups ?? []),
    ['CWD', process.cwd || '/'],
    ['UMASK', process.user.umask ?? 0o022],
    ['BOUNDING', mask(bounding), lastCapability()],
    ['IDENTITY'],
    ['LOOKUP'],
    ...(options.hold ? [['HOLD'] satisfies Operation] : []),
    ...(noNewPrivileges ? [drop, ['NO_NEW_PRIVILEGES'] satisfies Operation, ...filter] : [...filter, drop]),
    ['EXEC'],
  ];
}

function compileUser(process: OciProcess, user: string | undefined, groups: readonly string[]): Operation[] {
  const { uid, gid, additionalGids = [] } = process.user;
  return [
    ['USER', user ?? `${uid}:${gid}`],
    ...[...additionalGids.map(String), ...groups].map((group): Operation => ['GROUP', group]),
  ];
}
