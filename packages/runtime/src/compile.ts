/**
 * Compiles an OCI runtime spec into a launch program. All policy and all order are here; the launcher executes.
 */
import { invalidParameter, notImplemented } from '@berth/engine-api';
import { compileDeviceFilter } from './cgroup/device-filter.ts';
import {
  compileDevices,
  compileMount,
  compileProtection,
  compileRoot,
  type MountContext,
} from './compile-mounts.ts';
import { compileOomScore, compileProcess, type Privileges } from './compile-process.ts';
import type { Operation, Program } from './program.ts';
import type { ContainerRecord } from './record.ts';
import type { NamespaceType, OciDeviceCgroup, OciProcess, OciSpec } from './spec.ts';
import type { LogFile, OverlayRoot } from './types.ts';

/** CLONE_NEW… of <linux/sched.h>. */
export const namespaceFlags = {
  mount: 0x00020000,
  cgroup: 0x02000000,
  uts: 0x04000000,
  ipc: 0x08000000,
  pid: 0x20000000,
  network: 0x40000000,
} as const satisfies Partial<Record<NamespaceType, number>>;

/** The container's cgroup, as the launcher has to join and read it. */
export interface CgroupPlace extends MountContext {
  version: 1 | 2;
  path: string;
  joinFiles: readonly string[];
  oomFile: string | undefined;
}

export interface ContainerInput {
  spec: OciSpec;
  overlay?: OverlayRoot | undefined;
  user?: string | undefined;
  groups?: readonly string[] | undefined;
  openStdin?: boolean | undefined;
  log?: LogFile | undefined;
  hold: boolean;
  stateDir: string;
  /** For output that slow clients have not read yet. */
  spillDir: string;
  cgroup: CgroupPlace;
  seccomp: Privileges['seccomp'];
}

/**
 * The program that starts a container, and what a later exec needs to know of it.
 * @throws invalid-parameter for a spec that makes no sense, not-implemented for what Berth cannot do yet.
 */
export function compileContainer(input: ContainerInput): { program: Program; record: ContainerRecord } {
  const { spec, stateDir, cgroup, seccomp } = input;
  const { process } = spec;
  const namespaces = resolveNamespaces(spec);
  const record = containerRecord(spec, cgroup.path, seccomp);
  const program: Program = [
    ['STATE_DIR', stateDir],
    ['STATE_BLOB', JSON.stringify(record)],
    ['SPILL_DIR', input.spillDir],
    ...compileIo(process, input.openStdin === true),
    ...compileLog(input.log),
    ...(cgroup.oomFile === undefined ? [] : [['OOM_FILE', cgroup.oomFile] satisfies Operation]),
    ...compileKill(namespaces, cgroup),
    ['CLONE', BigInt(namespaces.cloneFlags)],
    ...namespaces.joinPid,
    ...compileDeviceRules(cgroup, spec.linux.resources?.devices ?? []),
    ...compileCgroup(cgroup, compileOomScore(process.oomScoreAdj)),
    ...namespaces.operations,
    ...compileNames(spec, namespaces.cloneFlags),
    ...compileRoot(spec, input.overlay, stateDir),
    ...spec.mounts.flatMap((mount) => compileMount(mount, cgroup)),
    ...compileDevices(spec),
    ...compileSysctls(spec.linux.sysctl ?? {}),
    ...compileProtection(spec),
    ['PIVOT'],
    ...(process.terminal ? ([['PTY'], ['CONSOLE']] satisfies Operation[]) : []),
    ['STDIO'],
    ...compileProcess(process, privilegesOf(process, seccomp), {
      user: input.user,
      groups: input.groups ?? [],
      hold: input.hold,
    }),
  ];
  return { program, record };
}

export interface ExecInput {
  process: OciProcess;
  user?: string | undefined;
  openStdin?: boolean | undefined;
  hold: boolean;
  stateDir: string;
  target: { pid: number; startTime: bigint };
  record: ContainerRecord;
  cgroup: Pick<CgroupPlace, 'version' | 'joinFiles'>;
}

/** The program of one more process in a running container; what the request leaves open is as in the container. */
export function compileExec(input: ExecInput): Program {
  const { process, record, stateDir, target } = input;
  const privileges: Privileges = {
    capabilities: process.capabilities ?? record.capabilities,
    noNewPrivileges: process.noNewPrivileges ?? record.noNewPrivileges,
    seccomp: record.seccomp && {
      flags: record.seccomp.flags,
      program: Buffer.from(record.seccomp.program, 'base64'),
    },
  };
  return [
    ['STATE_DIR', stateDir],
    ['EPHEMERAL'],
    ...compileIo(process, input.openStdin === true),
    ['TARGET', target.pid, target.startTime],
    ['CLONE', 0n],
    ...compileCgroup(input.cgroup, compileOomScore(process.oomScoreAdj ?? record.oomScoreAdj)),
    ['ENTER', record.namespaces],
    ...(process.terminal ? [['PTY'] satisfies Operation] : []),
    ['STDIO'],
    ...compileProcess({ ...process, rlimits: process.rlimits ?? record.rlimits }, privileges, {
      user: input.user,
      hold: input.hold,
    }),
  ];
}

const privilegesOf = (process: OciProcess, seccomp: Privileges['seccomp']): Privileges => ({
  capabilities: process.capabilities,
  noNewPrivileges: process.noNewPrivileges === true,
  seccomp,
});

function containerRecord(
  spec: OciSpec,
  cgroupsPath: string,
  seccomp: Privileges['seccomp'],
): ContainerRecord {
  const { process } = spec;
  const own = spec.linux.namespaces.filter(({ type }) => type !== 'pid');
  return {
    cgroupsPath,
    namespaces: own.reduce((flags, { type }) => flags | flagOf(type), 0),
    noNewPrivileges: process.noNewPrivileges === true,
    capabilities: process.capabilities,
    rlimits: process.rlimits ?? [],
    oomScoreAdj: process.oomScoreAdj,
    seccomp: seccomp && { flags: seccomp.flags, program: base64Of(seccomp.program) },
  };
}

const base64 = new WeakMap<Uint8Array, string>();

/** Containers with the same filter share one string. */
function base64Of(program: Uint8Array): string {
  const known = base64.get(program);
  if (known !== undefined) return known;
  const text = Buffer.from(program).toString('base64');
  base64.set(program, text);
  return text;
}

function compileIo(process: OciProcess, openStdin: boolean): Operation[] {
  const { height = 0, width = 0 } = process.consoleSize ?? {};
  return [
    ...(process.terminal ? [['TERMINAL', height, width] satisfies Operation] : []),
    ...(openStdin ? [['STDIN'] satisfies Operation] : []),
  ];
}

const compileLog = (log: LogFile | undefined): Operation[] =>
  log === undefined ? [] : [['LOG', log.path, BigInt(log.maxSizeBytes ?? 0), log.maxFiles ?? 1]];

/** v1: the child joins by itself and first of all; v2: it is born there, and only the namespace is left to make. */
function compileCgroup(
  cgroup: Pick<CgroupPlace, 'version' | 'joinFiles'>,
  oomScore: Operation[],
): Operation[] {
  if (cgroup.version === 2) {
    return [...cgroup.joinFiles.map((path): Operation => ['CGROUP_DIR', path]), ...oomScore];
  }
  return [...cgroup.joinFiles.map((path): Operation => ['CGROUP_TASKS', path]), ...oomScore];
}

/** v1 has a controller for devices; on v2 a filter is attached to the cgroup before anything runs in it. */
const compileDeviceRules = (cgroup: CgroupPlace, rules: readonly OciDeviceCgroup[]): Operation[] =>
  cgroup.version === 1 || rules.length === 0 ? [] : [['DEVICE_FILTER', compileDeviceFilter(rules)]];

/** Without a pid namespace of its own, what a container leaves running does not die with its first process. */
function compileKill(namespaces: Namespaces, cgroup: CgroupPlace): Operation[] {
  const directory = cgroup.cgroupDirectories[0];
  if (namespaces.cloneFlags & namespaceFlags.pid || directory === undefined) return [];
  return [['KILL_FILE', `${directory}/cgroup.procs`]];
}

interface Namespaces {
  /** Made by clone3, all at once. */
  cloneFlags: number;
  joinPid: Operation[];
  operations: Operation[];
}

function flagOf(type: NamespaceType): number {
  if (type === 'user' || type === 'time') throw notImplemented(`${type} namespaces are not supported yet`);
  return namespaceFlags[type];
}

function resolveNamespaces(spec: OciSpec): Namespaces {
  const result: Namespaces = { cloneFlags: 0, joinPid: [], operations: [] };
  for (const { type, path } of spec.linux.namespaces) {
    const flag = flagOf(type);
    if (path !== undefined && type === 'mount') throw notImplemented('joining a mount namespace by path');
    if (path !== undefined && type === 'pid') result.joinPid.push(['JOIN_PID', path]);
    else if (path !== undefined) result.operations.push(['JOIN', flag, path]);
    // Its root is the cgroup its maker is in, so it is made after the cgroup was joined.
    else if (type === 'cgroup') result.operations.push(['UNSHARE', BigInt(flag)]);
    else result.cloneFlags |= flag;
  }
  if (!(result.cloneFlags & namespaceFlags.mount)) {
    throw invalidParameter('a container needs a mount namespace of its own');
  }
  return result;
}

function compileNames(spec: OciSpec, cloneFlags: number): Operation[] {
  const hasUts = (cloneFlags & namespaceFlags.uts) !== 0;
  return [
    ...(spec.hostname && hasUts ? [['HOSTNAME', spec.hostname] satisfies Operation] : []),
    ...(spec.domainname && hasUts ? [['DOMAINNAME', spec.domainname] satisfies Operation] : []),
    ...(cloneFlags & namespaceFlags.network ? [['LOOPBACK'] satisfies Operation] : []),
  ];
}

/** `net.ipv4.ip_forward` is `sys/net/ipv4/ip_forward` in proc; a name with slashes keeps its dots. */
function compileSysctls(sysctl: Record<string, string>): Operation[] {
  return Object.entries(sysctl).map(([name, value]): Operation => {
    const path = name.includes('/') ? name : name.replaceAll('.', '/');
    if (path.split('/').includes('..')) throw invalidParameter(`invalid sysctl name "${name}"`);
    return ['SYSCTL', `sys/${path}`, value];
  });
}
