/** The OCI runtime spec of a container, from its config. Pure: what depends on the host comes in as data. */
import type { ContainerConfig, HostConfig } from '@berth/engine-api';
import type {
  NamespaceType,
  OciDevice,
  OciDeviceCgroup,
  OciLinux,
  OciProcess,
  OciSpec,
} from '@berth/runtime';
import { effectiveCapabilities } from './capabilities.ts';
import { containerEnvironment } from './environment.ts';
import { containerMounts, maskedPaths, type ResolvedMount, readonlyPaths } from './mounts.ts';
import { deviceRules, toOciResources } from './resources.ts';
import { seccompFor } from './seccomp.ts';
import { parseSecurityOptions } from './security.ts';

export interface SpecDefaults {
  ulimits: Readonly<Record<string, { soft: number; hard: number }>>;
  noNewPrivileges: boolean;
  /** As `seccompFor` takes it. */
  seccomp: string | undefined;
}

export interface SpecInput {
  args: readonly string[];
  config: ContainerConfig;
  hostConfig: HostConfig;
  hostname: string;
  /** Below each controller's mount. */
  cgroupsPath: string;
  cgroupVersion: 1 | 2;
  /** Namespaces to join; `host` shares the host's, absent makes a new one. */
  namespaces: { network: string; pid?: string; ipc?: string };
  mounts: readonly ResolvedMount[];
  files: { destination: string; source: string }[];
  /** Devices beyond the standard ones. */
  devices: { nodes: readonly OciDevice[]; rules: readonly OciDeviceCgroup[] };
  defaults: SpecDefaults;
}

export function buildSpec(input: SpecInput): OciSpec {
  const { config, hostConfig } = input;
  const spec: OciSpec = {
    ociVersion: '1.2.0',
    process: buildProcess(input),
    root: { path: '', readonly: hostConfig.ReadonlyRootfs ?? false },
    mounts: containerMounts({ hostConfig, user: input.mounts, files: input.files }),
    linux: buildLinux(input),
  };
  if (hostConfig.Annotations) spec.annotations = hostConfig.Annotations;
  if (hostConfig.UTSMode !== 'host') {
    spec.hostname = input.hostname;
    if (config.Domainname) spec.domainname = config.Domainname;
  }
  return spec;
}

/** The container's main process; an exec starts from the same. */
export function buildProcess(
  input: Pick<SpecInput, 'args' | 'config' | 'hostConfig' | 'hostname' | 'defaults'>,
): OciProcess {
  const { config, hostConfig, defaults } = input;
  const capabilities = capabilitiesOf(hostConfig);
  const security = parseSecurityOptions(hostConfig, defaults);
  const terminal = config.Tty ?? false;
  const process: OciProcess = {
    terminal,
    // The runtime resolves the real one against the container's own files.
    user: { uid: 0, gid: 0 },
    args: [...input.args],
    env: containerEnvironment({ hostname: input.hostname, terminal, env: config.Env ?? [] }),
    cwd: config.WorkingDir || '/',
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    noNewPrivileges: security.noNewPrivileges,
    oomScoreAdj: hostConfig.OomScoreAdj ?? 0,
  };
  const rlimits = rlimitsOf(hostConfig, defaults.ulimits);
  if (rlimits.length > 0) process.rlimits = rlimits;
  const [rows, columns] = hostConfig.ConsoleSize ?? [];
  if (terminal && rows && columns) process.consoleSize = { height: rows, width: columns };
  return process;
}

export const capabilitiesOf = (hostConfig: HostConfig): string[] =>
  effectiveCapabilities({
    privileged: hostConfig.Privileged ?? false,
    add: hostConfig.CapAdd ?? [],
    drop: hostConfig.CapDrop ?? [],
  });

function buildLinux(input: SpecInput): OciLinux {
  const { hostConfig } = input;
  const security = parseSecurityOptions(hostConfig, input.defaults);
  const privileged = hostConfig.Privileged ?? false;
  const seccomp = seccompFor(security.seccomp, capabilitiesOf(hostConfig));
  const linux: OciLinux = {
    namespaces: namespacesOf(input),
    cgroupsPath: input.cgroupsPath,
    resources: { ...toOciResources(hostConfig), devices: deviceRules(hostConfig, input.devices.rules) },
    sysctl: otherSysctls(hostConfig.Sysctls ?? {}),
    // Absent means Docker's list; an empty one was asked for (`systempaths=unconfined`).
    maskedPaths: privileged ? [] : [...(hostConfig.MaskedPaths ?? maskedPaths)],
    readonlyPaths: privileged ? [] : [...(hostConfig.ReadonlyPaths ?? readonlyPaths)],
  };
  if (input.devices.nodes.length > 0) linux.devices = [...input.devices.nodes];
  if (seccomp) linux.seccomp = seccomp;
  const propagation = rootPropagation(input.mounts);
  if (propagation) linux.rootfsPropagation = propagation;
  return linux;
}

function namespacesOf(input: SpecInput): OciLinux['namespaces'] {
  const { hostConfig, namespaces } = input;
  const list: OciLinux['namespaces'] = [{ type: 'mount' }];
  const add = (type: NamespaceType, path: string | undefined): void => {
    if (path === 'host') return;
    list.push(path === undefined ? { type } : { type, path });
  };
  add('network', namespaces.network);
  add('uts', hostConfig.UTSMode === 'host' ? 'host' : undefined);
  add('pid', namespaces.pid);
  add('ipc', namespaces.ipc);
  const cgroupMode = hostConfig.CgroupnsMode || (input.cgroupVersion === 1 ? 'host' : 'private');
  add('cgroup', cgroupMode === 'host' ? 'host' : undefined);
  return list;
}

function rlimitsOf(
  hostConfig: HostConfig,
  defaults: SpecDefaults['ulimits'],
): NonNullable<OciProcess['rlimits']> {
  const limits = new Map(Object.entries(defaults));
  for (const { Name, Soft, Hard } of hostConfig.Ulimits ?? []) limits.set(Name, { soft: Soft, hard: Hard });
  return [...limits].map(([name, { soft, hard }]) => ({ type: `RLIMIT_${name.toUpperCase()}`, soft, hard }));
}

/** Those of the network namespace are set where it is made. */
export const networkSysctls = (sysctls: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(sysctls).filter(([name]) => name.startsWith('net.')));

const otherSysctls = (sysctls: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(sysctls).filter(([name]) => !name.startsWith('net.')));

/** A mount that is to see or share later mounts of the host needs a root that passes them on. */
function rootPropagation(mounts: readonly ResolvedMount[]): string | undefined {
  if (mounts.some(({ propagation }) => propagation === 'shared' || propagation === 'rshared'))
    return 'rshared';
  if (mounts.some(({ propagation }) => propagation === 'slave' || propagation === 'rslave')) return 'rslave';
  return undefined;
}
