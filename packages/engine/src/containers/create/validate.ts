/** Checks of a create request that need nothing but the request, in Docker's words. */
import {
  type ContainerConfig,
  type HostConfig,
  invalidParameter,
  notImplemented,
  type RestartPolicy,
} from '@berth/engine-api';
import { parseSignal } from '../../util/signals.ts';
import { normalizeCapabilities } from '../spec/capabilities.ts';
import { parseDeviceRule } from '../spec/resources.ts';
import { parseSecurityOptions } from '../spec/security.ts';
import { parseLogOptions } from './log-options.ts';
import { checkPorts, unpublishable } from './ports.ts';
import { checkNames, checkSysctls } from './validate-network.ts';
import { validateResources } from './validate-resources.ts';

/** @returns warnings. @throws invalidParameter with the first thing that is wrong */
export function validateCreate(config: ContainerConfig, hostConfig: HostConfig): string[] {
  if (!config.Image) throw invalidParameter('no image specified: Image must name the image to run');
  checkConfig(config);
  checkModes(config, hostConfig);
  checkRestartPolicy(hostConfig.RestartPolicy, hostConfig.AutoRemove ?? false);
  checkHost(hostConfig);
  checkNames(config, hostConfig);
  checkSysctls(hostConfig);
  checkPorts(config, hostConfig);
  return [...validateResources(hostConfig, false), ...ignored(config, hostConfig)];
}

/** Told rather than silently left out: the container runs, but not quite as asked. */
function ignored(config: ContainerConfig, hostConfig: HostConfig): string[] {
  const warnings: string[] = [];
  const [probe = 'NONE'] = config.Healthcheck?.Test ?? [];
  if (probe !== 'NONE') warnings.push('Health checks are not supported yet: the container has no health.');
  if (hostConfig.Init) warnings.push('Init is not supported yet: the program itself is process 1.');
  if (hostConfig.NetworkMode === 'host' && Object.keys(hostConfig.PortBindings ?? {}).length > 0) {
    warnings.push('Published ports are discarded when using host network mode');
  }
  for (const port of unpublishable(hostConfig)) warnings.push(`Not published: ${port} is not supported yet.`);
  return warnings;
}

function checkConfig(config: ContainerConfig): void {
  const { WorkingDir: directory, StopTimeout: timeout } = config;
  refuse(
    Boolean(directory) && !directory?.startsWith('/'),
    `the working directory '${directory}' is invalid, it needs to be an absolute path`,
  );
  refuse(timeout !== undefined && timeout < -1, `invalid stop timeout (${timeout}): must be -1 or more`);
  if (config.StopSignal) parseSignal(config.StopSignal);
  for (const word of [...(config.Entrypoint ?? []), ...(config.Cmd ?? []), config.User ?? '']) {
    refuse(word.includes('\0'), 'command and user must not contain a zero byte');
  }
  for (const label of Object.keys(config.Labels ?? {}))
    refuse(label === '', 'invalid label: its name is empty');
}

function checkModes(config: ContainerConfig, hostConfig: HostConfig): void {
  const { PidMode: pid = '', IpcMode: ipc = '', UTSMode: uts = '', CgroupnsMode: cgroup = '' } = hostConfig;
  refuse(!/^(host|container:.+)?$/.test(pid), `invalid PID mode: ${pid}`);
  refuse(!/^(host|private|shareable|none|container:.+)?$/.test(ipc), `invalid IPC mode: ${ipc}`);
  refuse(!['', 'host'].includes(uts), `invalid UTS mode: ${uts}`);
  refuse(!['', 'host', 'private'].includes(cgroup), `invalid cgroup namespace mode: ${cgroup}`);
  refuse(uts === 'host' && Boolean(config.Hostname), 'conflicting options: hostname and the UTS mode');
  refuse(
    !['', 'host'].includes(hostConfig.UsernsMode ?? ''),
    `invalid userns mode: ${hostConfig.UsernsMode}`,
  );
  const network = hostConfig.NetworkMode ?? '';
  refuse(network === 'container:', 'Invalid network mode: invalid container format container:<name|id>');
  if (!network.startsWith('container:')) return;
  refuse(Boolean(config.Hostname), 'conflicting options: hostname and the network mode');
  refuse(Boolean(config.MacAddress), 'conflicting options: mac-address and the network mode');
  refuse((hostConfig.Dns ?? []).length > 0, 'conflicting options: dns and the network mode');
  refuse(
    (hostConfig.ExtraHosts ?? []).length > 0,
    'conflicting options: custom host-to-IP mapping and the network mode',
  );
  refuse(
    Object.keys(hostConfig.PortBindings ?? {}).length > 0 || hostConfig.PublishAllPorts === true,
    'conflicting options: port publishing and the container type network mode',
  );
  refuse(
    Object.keys(config.ExposedPorts ?? {}).length > 0,
    'conflicting options: port exposing and the container type network mode',
  );
}

/** @throws invalidParameter; also for update */
export function checkRestartPolicy(policy: RestartPolicy | undefined, autoRemove: boolean): void {
  const name = policy?.Name ?? '';
  const retries = policy?.MaximumRetryCount ?? 0;
  refuse(
    !['', 'no', 'always', 'unless-stopped', 'on-failure'].includes(name),
    `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
  );
  refuse(retries < 0, 'invalid restart policy: maximum retry count cannot be negative');
  refuse(
    retries > 0 && name !== 'on-failure',
    "invalid restart policy: maximum retry count can only be used with 'on-failure'",
  );
  refuse(
    autoRemove && name !== '' && name !== 'no',
    "can't create 'AutoRemove' container with restart policy",
  );
}

function checkHost(hostConfig: HostConfig): void {
  const { OomScoreAdj: score = 0, ShmSize: shm = 0 } = hostConfig;
  refuse(score < -1000 || score > 1000, `Invalid value ${score}, range for oom score adj is [-1000, 1000]`);
  refuse(shm < 0, 'SHM size can not be less than 0');
  const { Runtime: runtime = '', Isolation: isolation = '' } = hostConfig;
  refuse(!['', 'berth', 'runc'].includes(runtime), `unknown or invalid runtime name: ${runtime}`);
  refuse(
    !['', 'default'].includes(isolation),
    `invalid isolation (${isolation}): linux only supports 'default'`,
  );
  refuse(
    Object.keys(hostConfig.StorageOpt ?? {}).length > 0,
    "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
  );
  if ((hostConfig.Links ?? []).length > 0)
    throw notImplemented('links between containers are not supported yet');
  normalizeCapabilities(hostConfig.CapAdd ?? [], 'CapAdd');
  normalizeCapabilities(hostConfig.CapDrop ?? [], 'CapDrop');
  parseSecurityOptions(hostConfig, {});
  for (const rule of hostConfig.DeviceCgroupRules ?? []) {
    refuse(!parseDeviceRule(rule), `invalid device cgroup rule format: '${rule}'`);
  }
  for (const { CgroupPermissions: access } of hostConfig.Devices ?? []) {
    refuse(!/^[rwm]{0,3}$/.test(access), `invalid device mode: ${access}`);
  }
  const [request] = hostConfig.DeviceRequests ?? [];
  refuse(
    request !== undefined,
    `could not select device driver "${request?.Driver ?? ''}" with capabilities: ${JSON.stringify(request?.Capabilities ?? [])}`,
  );
  refuse(
    (hostConfig.CgroupParent ?? '').split('/').includes('..'),
    'invalid cgroup parent: it must not contain ".."',
  );
  const log = hostConfig.LogConfig;
  if (log?.Type) parseLogOptions(log);
}

function refuse(condition: boolean, message: string): void {
  if (condition) throw invalidParameter(message);
}
