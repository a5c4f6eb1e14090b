/** Checks of limits, in Docker's words; shared by create and update. */
import { invalidParameter, type ResourceLimits } from '@berth/engine-api';
import { hostCpuCount } from '../spec/resources.ts';

const minMemoryBytes = 6 * 1024 * 1024;

/** @returns warnings for the user. @throws invalidParameter for limits that make no sense */
export function validateResources(limits: ResourceLimits, update: boolean): string[] {
  const warnings: string[] = [];
  for (const check of [checkMemory, checkSwap, checkCpu, checkNanoCpus, checkCpuset, checkOther]) {
    check(limits, update);
  }
  if (limits.OomKillDisable && !limits.Memory) {
    warnings.push(
      'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
    );
  }
  return warnings;
}

function checkMemory(limits: ResourceLimits): void {
  const { Memory: memory = 0, MemoryReservation: reservation = 0 } = limits;
  refuse(memory !== 0 && memory < minMemoryBytes, 'Minimum memory limit allowed is 6MB');
  refuse(reservation !== 0 && reservation < minMemoryBytes, 'Minimum memory reservation allowed is 6MB');
  refuse(
    memory > 0 && reservation > 0 && memory < reservation,
    'Minimum memory limit can not be less than memory reservation limit, see usage',
  );
  refuse(memory > Number.MAX_SAFE_INTEGER, 'Memory limit is too large');
}

function checkSwap(limits: ResourceLimits, update: boolean): void {
  const { Memory: memory = 0, MemorySwap: swap = 0, MemorySwappiness: swappiness } = limits;
  refuse(swap < -1, `Invalid value: ${swap}, MemorySwap must be -1 (unlimited) or a size`);
  refuse(
    memory > 0 && swap > 0 && swap < memory,
    'Minimum memoryswap limit should be larger than memory limit, see usage',
  );
  refuse(
    memory === 0 && swap > 0 && !update,
    'You should always set the Memory limit when using Memoryswap limit, see usage',
  );
  refuse(
    swappiness !== undefined && swappiness !== -1 && (swappiness < 0 || swappiness > 100),
    `Invalid value: ${swappiness}, valid memory swappiness range is 0-100`,
  );
}

function checkCpu(limits: ResourceLimits): void {
  const { CpuPeriod: period = 0, CpuQuota: quota = 0, CpuShares: shares = 0 } = limits;
  refuse(shares < 0, `invalid CPU shares (${shares}): value must be a positive integer`);
  refuse(
    period !== 0 && (period < 1000 || period > 1_000_000),
    'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)',
  );
  refuse(quota > 0 && quota < 1000, 'CPU cfs quota can not be less than 1ms (i.e. 1000)');
}

function checkNanoCpus(limits: ResourceLimits): void {
  const { NanoCpus: nanoCpus = 0, CpuPeriod: period = 0, CpuQuota: quota = 0 } = limits;
  if (nanoCpus === 0) return;
  refuse(period > 0, 'Conflicting options: Nano CPUs and CPU Period cannot both be set');
  refuse(quota > 0, 'Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  const available = hostCpuCount();
  refuse(
    nanoCpus < 10_000_000 || nanoCpus > available * 1e9,
    `range of CPUs is from 0.01 to ${available.toFixed(2)}, as there are only ${available} CPUs available`,
  );
}

function checkCpuset(limits: ResourceLimits): void {
  const { CpusetCpus: wanted = '', CpusetMems: mems = '' } = limits;
  if (wanted === '' && mems === '') return;
  const cpus = parseCpuList(wanted);
  refuse(cpus === undefined, `Invalid value ${wanted} for cpuset cpus`);
  refuse(parseCpuList(mems) === undefined, `Invalid value ${mems} for cpuset mems`);
  const available = hostCpuCount();
  refuse(
    (cpus ?? []).some((cpu) => cpu >= available),
    `Requested CPUs are not available - requested ${wanted}, available: 0-${available - 1}`,
  );
}

function checkOther(limits: ResourceLimits): void {
  const { BlkioWeight: weight = 0, PidsLimit: pids } = limits;
  refuse(weight !== 0 && (weight < 10 || weight > 1000), 'Range of blkio weight is from 10 to 1000');
  refuse(pids !== undefined && pids < -1, `invalid pids limit (${pids}): must be -1 (unlimited) or more`);
  refuse(
    pids !== undefined && pids > 4_194_304,
    `invalid pids limit (${pids}): the kernel has at most 4194304`,
  );
  for (const { Name, Soft, Hard } of limits.Ulimits ?? []) {
    refuse(!ulimitNames.has(Name), `invalid ulimit type: ${Name}`);
    refuse(
      Hard !== -1 && (Soft === -1 || Soft > Hard),
      `ulimit soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`,
    );
  }
}

const ulimitNames = new Set(
  'as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
    ' ',
  ),
);

/** "0-2,7"; undefined when it has another form. */
function parseCpuList(text: string): number[] | undefined {
  if (text === '') return [];
  const cpus: number[] = [];
  for (const part of text.split(',')) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim());
    if (!match) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? first);
    if (last < first) return undefined;
    for (let cpu = first; cpu <= last; cpu++) cpus.push(cpu);
  }
  return cpus;
}

function refuse(condition: boolean, message: string): void {
  if (condition) throw invalidParameter(message);
}
