/** Checks of what goes into a container's hosts, resolv.conf and kernel settings. */
import { isIP } from 'node:net';
import { type ContainerConfig, type HostConfig, invalidParameter } from '@berth/engine-api';

/** @throws invalidParameter; every one of these ends in a line of a file where a space or line break would be more */
export function checkNames(config: ContainerConfig, hostConfig: HostConfig): void {
  const { Hostname: host = '', Domainname: domain = '' } = config;
  refuse(host.length > 64 || /[\s/\0]/.test(host), `invalid hostname format: ${host}`);
  refuse(domain.length > 64 || /[\s/\0]/.test(domain), `invalid domain name format: ${domain}`);
  for (const address of hostConfig.Dns ?? []) refuse(isIP(address) === 0, `${address} is not an ip address`);
  for (const name of hostConfig.DnsSearch ?? []) refuse(/^$|[\s\0]/.test(name), `invalid domain: ${name}`);
  for (const option of hostConfig.DnsOptions ?? []) {
    refuse(/^$|[\s\0]/.test(option), `invalid dns option: ${option}`);
  }
  for (const entry of hostConfig.ExtraHosts ?? []) checkExtraHost(entry);
}

/** "name:address", the address in brackets or not. */
function checkExtraHost(entry: string): void {
  const match = /^([^:=\s\0]+)[:=](.+)$/.exec(entry);
  refuse(!match, `bad format for add-host: "${entry}"`);
  const address = match?.[2]?.replace(/^\[(.*)\]$/, '$1') ?? '';
  refuse(
    address !== 'host-gateway' && isIP(address) === 0,
    `invalid IP address in add-host: "${match?.[2] ?? ''}"`,
  );
}

/** Kernel settings that have a value per namespace, by the namespace (runc refuses the others too). */
function namespaceOf(name: string): 'network' | 'ipc' | 'uts' | undefined {
  if (/^net\.[a-zA-Z0-9_./-]+$/.test(name)) return 'network';
  if (/^fs\.mqueue\.[a-zA-Z0-9_./-]+$/.test(name) || ipcSettings.has(name)) return 'ipc';
  return name === 'kernel.domainname' ? 'uts' : undefined;
}

const ipcSettings = new Set(
  ['msgmax', 'msgmnb', 'msgmni', 'sem', 'shmall', 'shmmax', 'shmmni', 'shm_rmid_forced'].map(
    (name) => `kernel.${name}`,
  ),
);

/** @throws invalidParameter for a setting that is, or would be, the host's */
export function checkSysctls(hostConfig: HostConfig): void {
  const { NetworkMode: network, IpcMode: ipc, UTSMode: uts } = hostConfig;
  const modes = { network, ipc, uts };
  for (const name of Object.keys(hostConfig.Sysctls ?? {})) {
    const namespace = namespaceOf(name);
    if (namespace === undefined || name.split(/[./]/).includes('')) {
      throw invalidParameter(`sysctl '${name}' is not allowed: it is not separate for each container`);
    }
    refuse(
      modes[namespace] === 'host',
      `sysctl "${name}" is not allowed in the host's ${namespace} namespace`,
    );
  }
}

function refuse(condition: boolean, message: string): void {
  if (condition) throw invalidParameter(message);
}
