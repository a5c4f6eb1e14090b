/** Changes limits and restart policy of a container, at once and for good. */
import { type ContainerUpdateBody, conflict, type HostConfig, invalidParameter } from '@berth/engine-api';
import type { OciResources } from '@berth/runtime';
import { type EngineContext, emitContainerEvent } from '../context.ts';
import type { Container } from './container.ts';
import { checkRestartPolicy } from './create/validate.ts';
import { validateResources } from './create/validate-resources.ts';
import { nanoCpusPeriodUs, toOciResources } from './spec/resources.ts';

/** Zero leaves a limit as it is, -1 takes it away. @throws invalidParameter, conflict in Docker's words */
export function updateContainer(
  context: EngineContext,
  container: Container,
  body: ContainerUpdateBody,
): Promise<{ Warnings: string[] }> {
  return container.mutex.run(async () => {
    const { RestartPolicy: policy, ...limits } = body;
    const given = onlySet(limits);
    if (container.state.status === 'removing' || container.state.status === 'dead') {
      throw conflict(
        `Cannot update container ${container.id}: Container is marked for removal and cannot be "update".`,
      );
    }
    const warnings = validateResources(withoutUnlimited(given), true);
    checkAgainstPresent(container, given);
    if (policy?.Name) {
      checkRestartPolicy(policy, false);
      if (container.hostConfig.AutoRemove && policy.Name !== 'no') {
        throw invalidParameter(
          'Restart policy cannot be updated because AutoRemove is enabled for the container',
        );
      }
    }
    const next = mergeLimits(container.hostConfig, given);
    if (policy?.Name) next.RestartPolicy = policy;
    await apply(context, container, next, given);
    emitContainerEvent(context, container, 'update');
    return { Warnings: warnings };
  });
}

/** The kernel is asked first: what it refuses is not written down. */
async function apply(
  context: EngineContext,
  container: Container,
  next: HostConfig,
  given: ContainerUpdateBody,
): Promise<void> {
  const resources = changedResources(next, given);
  if (container.process && Object.keys(resources).length > 0) {
    await container.process.cgroup.update(resources);
  }
  container.hostConfig = next;
  await context.store.save(container);
}

const changeable = [
  'CpuShares',
  'Memory',
  'NanoCpus',
  'BlkioWeight',
  'CpuPeriod',
  'CpuQuota',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'CpusetCpus',
  'CpusetMems',
  'MemoryReservation',
  'MemorySwap',
  'PidsLimit',
] as const;

type Limit = (typeof changeable)[number];

function onlySet(body: ContainerUpdateBody): ContainerUpdateBody {
  const set: ContainerUpdateBody = {};
  for (const name of changeable) {
    const value = body[name];
    // Of all limits only that of processes has a meaning for zero: none.
    if (value === undefined || (!value && name !== 'PidsLimit')) continue;
    Object.assign(set, { [name]: value });
  }
  return set;
}

/** -1 is no size to be checked. */
const withoutUnlimited = (given: ContainerUpdateBody): ContainerUpdateBody =>
  Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value !== -1 || name === 'PidsLimit'),
  ) as ContainerUpdateBody;

function checkAgainstPresent(container: Container, given: ContainerUpdateBody): void {
  const present = container.hostConfig;
  const refuse = (condition: unknown, message: string): void => {
    if (condition) throw invalidParameter(message);
  };
  refuse(
    given.NanoCpus && present.CpuPeriod,
    'Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set',
  );
  refuse(
    given.NanoCpus && present.CpuQuota,
    'Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set',
  );
  refuse(
    given.CpuPeriod && present.NanoCpus,
    'Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set',
  );
  refuse(
    given.CpuQuota && present.NanoCpus,
    'Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set',
  );
  const swap = present.MemorySwap ?? 0;
  refuse(
    given.Memory && !given.MemorySwap && swap > 0 && given.Memory > swap,
    'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
  );
  refuse(
    given.MemorySwap && given.MemorySwap > 0 && !given.Memory && given.MemorySwap < (present.Memory ?? 0),
    'Minimum memoryswap limit should be larger than memory limit, see usage',
  );
}

/** What the container's host config says afterwards: an unlimited value is an absent one. */
export function mergeLimits(present: HostConfig, given: ContainerUpdateBody): HostConfig {
  const next: HostConfig = { ...present };
  for (const name of changeable) {
    const value = given[name];
    if (value === undefined) continue;
    if (isUnlimited(name, value)) delete next[name];
    else Object.assign(next, { [name]: value });
  }
  // As on create: without a word about swap there is as much of it as memory.
  if (given.Memory && given.Memory > 0 && !next.MemorySwap) next.MemorySwap = given.Memory * 2;
  if (given.Memory === -1 && !given.MemorySwap) delete next.MemorySwap;
  return next;
}

const isUnlimited = (name: Limit, value: string | number): boolean => {
  if (name === 'PidsLimit') return value === 0 || value === -1;
  return value === -1 && name !== 'MemorySwap';
};

/** Only what changes goes to the kernel. */
export function changedResources(next: HostConfig, given: ContainerUpdateBody): OciResources {
  const changed: ContainerUpdateBody = { ...given };
  if (given.Memory && next.MemorySwap) changed.MemorySwap = next.MemorySwap;
  if (given.Memory === -1 && !given.MemorySwap) changed.MemorySwap = -1;
  if (given.PidsLimit === 0) changed.PidsLimit = -1;
  if (given.NanoCpus !== -1) return toOciResources(changed);
  const { NanoCpus: _, ...others } = changed;
  const resources = toOciResources(others);
  return { ...resources, cpu: { ...resources.cpu, quota: -1, period: nanoCpusPeriodUs } };
}
