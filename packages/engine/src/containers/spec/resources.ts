/** Limits of the Engine API as the OCI spec says them. */
import { cpus } from 'node:os';
import type { HostConfig, ResourceLimits } from '@berth/engine-api';
import type { OciDeviceCgroup, OciResources } from '@berth/runtime';

/** The period that `NanoCpus` is expressed in, microseconds. */
export const nanoCpusPeriodUs = 100_000;

let cpuCount: number | undefined;

/** Of the host; asked once, as the kernel makes a text of them all for the answer. */
export function hostCpuCount(): number {
  cpuCount ??= Math.max(1, cpus().length);
  return cpuCount;
}

/** Every limit that is set; what is absent or zero is left as it is (Docker's meaning of zero). */
export function toOciResources(limits: ResourceLimits): OciResources {
  const resources: OciResources = {};
  const memory = memoryResources(limits);
  const cpu = cpuResources(limits);
  if (Object.keys(memory).length > 0) resources.memory = memory;
  if (Object.keys(cpu).length > 0) resources.cpu = cpu;
  if (limits.PidsLimit !== undefined && limits.PidsLimit !== 0) {
    resources.pids = { limit: limits.PidsLimit < 0 ? -1 : limits.PidsLimit };
  }
  if (limits.BlkioWeight) resources.blockIO = { weight: limits.BlkioWeight };
  return resources;
}

function memoryResources(limits: ResourceLimits): NonNullable<OciResources['memory']> {
  const memory: NonNullable<OciResources['memory']> = {};
  if (limits.Memory) memory.limit = limits.Memory;
  if (limits.MemoryReservation) memory.reservation = limits.MemoryReservation;
  if (limits.MemorySwap) memory.swap = limits.MemorySwap;
  if (limits.MemorySwappiness !== undefined && limits.MemorySwappiness >= 0) {
    memory.swappiness = limits.MemorySwappiness;
  }
  if (limits.OomKillDisable) memory.disableOOMKiller = true;
  return memory;
}

function cpuResources(limits: ResourceLimits): NonNullable<OciResources['cpu']> {
  const cpu: NonNullable<OciResources['cpu']> = {};
  if (limits.CpuShares) cpu.shares = limits.CpuShares;
  if (limits.CpusetCpus) cpu.cpus = limits.CpusetCpus;
  if (limits.CpusetMems) cpu.mems = limits.CpusetMems;
  if (limits.CpuPeriod) cpu.period = limits.CpuPeriod;
  if (limits.CpuQuota) cpu.quota = limits.CpuQuota;
  if (limits.NanoCpus) {
    cpu.period = nanoCpusPeriodUs;
    cpu.quota = Math.floor((limits.NanoCpus * nanoCpusPeriodUs) / 1e9);
  }
  if (limits.CpuRealtimePeriod) cpu.realtimePeriod = limits.CpuRealtimePeriod;
  if (limits.CpuRealtimeRuntime) cpu.realtimeRuntime = limits.CpuRealtimeRuntime;
  return cpu;
}

const character = (
  major: number | undefined,
  minor: number | undefined,
  access: string,
): OciDeviceCgroup => ({
  allow: true,
  type: 'c',
  access,
  ...(major === undefined ? {} : { major }),
  ...(minor === undefined ? {} : { minor }),
});

/** Nothing but the harmless devices; making any node is allowed, using it is not. */
const defaultDeviceRules: readonly OciDeviceCgroup[] = [
  { allow: false, access: 'rwm' },
  character(undefined, undefined, 'm'),
  { allow: true, type: 'b', access: 'm' },
  character(1, 3, 'rwm'), // null
  character(1, 5, 'rwm'), // zero
  character(1, 7, 'rwm'), // full
  character(1, 8, 'rwm'), // random
  character(1, 9, 'rwm'), // urandom
  character(5, 0, 'rwm'), // tty
  character(5, 1, 'rwm'), // console
  character(5, 2, 'rwm'), // ptmx
  character(136, undefined, 'rwm'), // pts
];

/** Rules of the devices cgroup for a container; `extra` are those of devices it was given. */
export function deviceRules(hostConfig: HostConfig, extra: readonly OciDeviceCgroup[]): OciDeviceCgroup[] {
  if (hostConfig.Privileged) return [{ allow: true, access: 'rwm' }];
  const own = (hostConfig.DeviceCgroupRules ?? []).flatMap((rule) => parseDeviceRule(rule) ?? []);
  return [...defaultDeviceRules, ...extra, ...own];
}

/** "c 89:* rmw"; undefined when it has another form. */
export function parseDeviceRule(rule: string): OciDeviceCgroup | undefined {
  const match = /^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$/.exec(rule);
  if (!match) return undefined;
  const [, type, major, minor, access] = match;
  const parsed: OciDeviceCgroup = { allow: true, type: type as 'a' | 'b' | 'c', access: access ?? '' };
  if (major !== '*') parsed.major = Number(major);
  if (minor !== '*') parsed.minor = Number(minor);
  return parsed;
}
