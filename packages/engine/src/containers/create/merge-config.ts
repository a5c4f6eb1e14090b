/** A container's config: what the user asked for over what the image says. */
import { type ContainerConfig, type HostConfig, invalidParameter } from '@berth/engine-api';
import type { ImageConfig } from '@berth/images';
import { overrideEnvironment } from '../spec/environment.ts';

/**
 * Docker's rules: the user's Cmd stands alone as soon as there is an Entrypoint of the user; environment, labels,
 * ports and volumes add up.
 */
export function mergeConfig(user: ContainerConfig, image: ImageConfig): ContainerConfig {
  const base = image.config ?? {};
  const merged: ContainerConfig = { ...user };
  if (!merged.User && base.User) merged.User = base.User;
  if (!merged.WorkingDir && base.WorkingDir) merged.WorkingDir = base.WorkingDir;
  if (!merged.StopSignal && base.StopSignal) merged.StopSignal = base.StopSignal;
  if (!merged.Shell && base.Shell) merged.Shell = base.Shell;
  mergeCommand(merged, base);
  if (base.Env) merged.Env = mergeEnvironment(base.Env, user.Env ?? []);
  if (base.Labels) merged.Labels = { ...base.Labels, ...user.Labels };
  const ports = { ...keys(base.ExposedPorts), ...user.ExposedPorts };
  if (Object.keys(ports).length > 0) merged.ExposedPorts = ports;
  const volumes = { ...keys(base.Volumes), ...user.Volumes };
  if (Object.keys(volumes).length > 0) merged.Volumes = volumes;
  return merged;
}

function mergeCommand(merged: ContainerConfig, base: NonNullable<ImageConfig['config']>): void {
  const ownEntrypoint = merged.Entrypoint !== undefined && merged.Entrypoint.length > 0;
  // `--entrypoint ""` arrives as [""]: no entrypoint, not even the image's.
  const cleared = merged.Entrypoint?.length === 1 && merged.Entrypoint[0] === '';
  if (!ownEntrypoint) {
    if (!merged.Cmd || merged.Cmd.length === 0) {
      if (base.Cmd) merged.Cmd = base.Cmd;
    }
    if (merged.Entrypoint === undefined && base.Entrypoint) merged.Entrypoint = base.Entrypoint;
  }
  if (cleared) delete merged.Entrypoint;
}

/** The image's variables stay in front; a variable without a value is one the client had none for. */
const mergeEnvironment = (base: readonly string[], own: readonly string[]): string[] => {
  const names = new Set(own.map((entry) => entry.split('=', 1)[0]));
  return [...own, ...base.filter((entry) => !names.has(entry.split('=', 1)[0]))];
};

const keys = (set: Record<string, object> | null | undefined): Record<string, Record<string, never>> =>
  Object.fromEntries(Object.keys(set ?? {}).map((key) => [key, {}]));

/** The program and its arguments. @throws invalidParameter when neither the user nor the image names one */
export function commandOf(config: ContainerConfig): { path: string; args: string[] } {
  const [path, ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  if (path === undefined) throw invalidParameter('no command specified');
  return { path, args };
}

/** Defaults that Docker writes into the host config, so that inspect shows what really holds. */
export function withDefaults(hostConfig: HostConfig, options: HostConfigDefaults): HostConfig {
  const result: HostConfig = { ...hostConfig };
  result.NetworkMode = hostConfig.NetworkMode || 'bridge';
  if (result.NetworkMode === 'default') result.NetworkMode = 'bridge';
  result.RestartPolicy = {
    Name: hostConfig.RestartPolicy?.Name || 'no',
    MaximumRetryCount: hostConfig.RestartPolicy?.MaximumRetryCount ?? 0,
  };
  result.LogConfig = hostConfig.LogConfig?.Type
    ? hostConfig.LogConfig
    : { Type: options.logDriver, Config: { ...options.logOpts, ...hostConfig.LogConfig?.Config } };
  result.IpcMode = hostConfig.IpcMode || 'private';
  result.CgroupnsMode = hostConfig.CgroupnsMode || (options.cgroupVersion === 1 ? 'host' : 'private');
  result.ShmSize = hostConfig.ShmSize || options.shmSize;
  result.Runtime = hostConfig.Runtime || 'berth';
  if (hostConfig.Memory && !hostConfig.MemorySwap) result.MemorySwap = hostConfig.Memory * 2;
  if (hostConfig.PidsLimit !== undefined && hostConfig.PidsLimit <= 0) delete result.PidsLimit;
  return result;
}

export interface HostConfigDefaults {
  logDriver: string;
  logOpts: Readonly<Record<string, string>>;
  cgroupVersion: 1 | 2;
  shmSize: number;
}

/** A variable given as a bare name has no value to pass on; the container does not get it. */
export function checkEnvironment(env: readonly string[]): string[] {
  const wrong = env.find((entry) => entry === '' || entry.startsWith('='));
  if (wrong !== undefined) throw invalidParameter(`invalid environment variable: ${wrong}`);
  const withNul = env.find((entry) => entry.includes('\0'));
  if (withNul !== undefined) throw invalidParameter('invalid environment variable: it contains a zero byte');
  return overrideEnvironment([], env);
}
