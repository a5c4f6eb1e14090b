/** Which CPUs and memory nodes a container may use; lists as the kernel writes them (`0-3,7`). */
import { invalidParameter } from '@berth/engine-api';
import type { OciResources } from '../spec.ts';
import type { Controller } from './controller.ts';
import { errorCode, readOptional, readText, writeValue } from './files.ts';

const asked = ({ cpu }: OciResources): boolean => Boolean(cpu?.cpus || cpu?.mems);

function apply(directory: string, { cpu }: OciResources): void {
  if (cpu?.cpus) writeList(directory, 'cpuset.cpus', cpu.cpus);
  if (cpu?.mems) writeList(directory, 'cpuset.mems', cpu.mems);
}

function writeList(directory: string, file: string, list: string): void {
  try {
    writeValue(directory, file, list);
  } catch (cause) {
    if (!['EINVAL', 'ERANGE', 'EACCES', 'ENOSPC'].includes(errorCode(cause) ?? '')) throw cause;
    const what = file === 'cpuset.cpus' ? 'CPUs' : 'memory nodes';
    const available =
      readOptional(`${directory}/..`, file) || readOptional(`${directory}/..`, `${file}.effective`);
    throw invalidParameter(
      `Requested ${what} are not available - requested ${list}, available: ${available}`,
      {
        cause,
      },
    );
  }
}

export const cpusetV1: Controller = {
  name: 'cpuset',
  asked,
  apply,
  limits: (directory) => ({
    cpusetCpus: readOptional(directory, 'cpuset.cpus') ?? '',
    cpusetMems: readOptional(directory, 'cpuset.mems') ?? '',
  }),
};

export const cpusetV2: Controller = {
  name: 'cpuset',
  asked,
  apply,
  limits: (directory) => ({
    cpusetCpus: readOptional(directory, 'cpuset.cpus.effective') ?? '',
    cpusetMems: readOptional(directory, 'cpuset.mems.effective') ?? '',
  }),
};

/**
 * A v1 cpuset starts empty and takes no process then. Fills a parent from its own parent and lets the kernel
 * copy the lists into every new child, which saves four calls on each container start.
 */
export function prepareCpusetParent(directory: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (readText(directory, file) === '') writeValue(directory, file, readText(`${directory}/..`, file));
  }
  writeValue(directory, 'cgroup.clone_children', 1);
}
