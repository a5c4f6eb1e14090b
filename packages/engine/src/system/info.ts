/** `info` and `version`. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { cpus, hostname, machine, release, totalmem } from 'node:os';
import { apiVersion, minApiVersion, type SystemInfo, type SystemVersion } from '@berth/engine-api';
import { isRunning } from '../containers/state.ts';
import type { EngineContext } from '../context.ts';

const goArchitectures: Record<string, string> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm',
  riscv64: 'riscv64',
};

export async function systemInfo(context: EngineContext): Promise<SystemInfo> {
  const { config, runtime } = context;
  const states = [...context.store.index.values()].map(({ state }) => state);
  const [images, os, forwarding] = await Promise.all([
    context.images.list(),
    operatingSystem(),
    readFile('/proc/sys/net/ipv4/ip_forward', 'utf8').catch(() => '0'),
  ]);
  const paused = states.filter(({ status }) => status === 'paused').length;
  const running = states.filter((state) => isRunning(state)).length - paused;
  return {
    ...fixedInfo,
    ID: createHash('sha256').update(context.dataRoot).update(hostname()).digest('hex').slice(0, 32),
    Containers: states.length,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: states.length - running - paused,
    Images: images.length,
    IPv4Forwarding: forwarding.trim() === '1',
    Debug: config.debug ?? false,
    SystemTime: new Date().toISOString(),
    LoggingDriver: config.logDriver ?? 'json-file',
    CgroupVersion: String(runtime.cgroupVersion),
    NEventsListener: context.events.listeners,
    KernelVersion: release(),
    OperatingSystem: os.name,
    OSVersion: os.version,
    Architecture: machine(),
    RegistryConfig: registryConfig(context),
    NCPU: cpus().length,
    MemTotal: totalmem(),
    DockerRootDir: context.dataRoot,
    HttpProxy: '',
    HttpsProxy: '',
    NoProxy: '',
    Name: config.name ?? hostname(),
    Labels: [...(config.labels ?? [])],
    ServerVersion: serverVersion(context),
    SecurityOptions: [
      `name=seccomp,profile=${config.seccompProfile ?? 'builtin'}`,
      ...(runtime.cgroupVersion === 2 ? ['name=cgroupns'] : []),
    ],
  };
}

const fixedInfo = {
  Driver: 'overlay2',
  DriverStatus: [
    ['Supports d_type', 'true'],
    ['Native Overlay Diff', 'true'],
    ['userxattr', 'false'],
  ],
  Plugins: {
    Volume: ['local'],
    Network: ['bridge', 'host', 'null'],
    Authorization: null,
    Log: ['json-file', 'none'],
  },
  MemoryLimit: true,
  SwapLimit: true,
  CpuCfsPeriod: true,
  CpuCfsQuota: true,
  CPUShares: true,
  CPUSet: true,
  PidsLimit: true,
  NFd: 0,
  OomKillDisable: false,
  NGoroutines: 0,
  CgroupDriver: 'cgroupfs',
  OSType: 'linux',
  IndexServerAddress: 'https://index.docker.io/v1/',
  GenericResources: null,
  ExperimentalBuild: false,
  Runtimes: { berth: { path: 'berth-oci' } },
  DefaultRuntime: 'berth',
  Swarm: {
    NodeID: '',
    NodeAddr: '',
    LocalNodeState: 'inactive',
    ControlAvailable: false,
    Error: '',
    RemoteManagers: null,
  },
  LiveRestoreEnabled: true,
  Isolation: '',
  InitBinary: '',
  ContainerdCommit: { ID: '' },
  RuncCommit: { ID: '' },
  InitCommit: { ID: '' },
  CDISpecDirs: [],
  Warnings: null,
} satisfies Partial<SystemInfo>;

function registryConfig({ config }: EngineContext): NonNullable<SystemInfo['RegistryConfig']> {
  const mirrors = [...(config.registryMirrors ?? [])];
  const insecure = config.insecureRegistries ?? [];
  return {
    InsecureRegistryCIDRs: ['127.0.0.0/8', ...insecure.filter((entry) => entry.includes('/'))],
    IndexConfigs: {
      'docker.io': { Name: 'docker.io', Mirrors: mirrors, Secure: true, Official: true },
      ...Object.fromEntries(
        insecure
          .filter((entry) => !entry.includes('/'))
          .map((Name) => [Name, { Name, Mirrors: [], Secure: false, Official: false }]),
      ),
    },
    Mirrors: mirrors,
  };
}

const serverVersion = ({ config }: EngineContext): string => config.version ?? '0.1.0';

export function systemVersion(context: EngineContext): SystemVersion {
  const { config } = context;
  const facts = {
    Version: serverVersion(context),
    GitCommit: config.gitCommit ?? '',
    Os: 'linux',
    Arch: goArchitectures[process.arch] ?? process.arch,
    KernelVersion: release(),
    BuildTime: config.buildTime ?? '',
  };
  const runtimeName = `node ${process.version}`;
  return {
    Platform: { Name: 'Berth' },
    Components: [
      {
        Name: 'Engine',
        Version: facts.Version,
        Details: {
          ApiVersion: apiVersion,
          MinAPIVersion: minApiVersion,
          Arch: facts.Arch,
          BuildTime: facts.BuildTime,
          Experimental: 'false',
          GitCommit: facts.GitCommit,
          GoVersion: runtimeName,
          KernelVersion: facts.KernelVersion,
          Os: facts.Os,
        },
      },
    ],
    ...facts,
    ApiVersion: apiVersion,
    MinAPIVersion: minApiVersion,
    GoVersion: runtimeName,
  };
}

async function operatingSystem(): Promise<{ name: string; version: string }> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return { name: field('PRETTY_NAME') || 'Linux', version: field('VERSION_ID') };
}
