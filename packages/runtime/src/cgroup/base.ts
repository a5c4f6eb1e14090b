/** What both versions of `Cgroup` share: applying controllers, and reading limits and statistics together. */
import { conflict, invalidParameter } from '@berth/engine-api';
import type { OciResources } from '../spec.ts';
import type { CgroupLimits, CgroupStats } from '../types.ts';
import type { Controller } from './controller.ts';
import { isGone } from './files.ts';
import { StatFiles } from './stat-files.ts';

/** Where a controller's files of this cgroup are; undefined when the kernel or the parent does not have it. */
type DirectoryOf = (controller: string) => string | undefined;

const noLimits: CgroupLimits = {
  cpuQuotaUs: undefined,
  cpuPeriodUs: 100_000,
  cpuShares: 1024,
  cpusetCpus: '',
  cpusetMems: '',
  memoryBytes: undefined,
  memoryReservationBytes: undefined,
  memorySwapBytes: undefined,
  pids: undefined,
};

const noStats = (): CgroupStats => ({
  cpu: {
    usageNs: 0n,
    userNs: 0n,
    systemNs: 0n,
    perCpuNs: [],
    periods: 0,
    throttledPeriods: 0,
    throttledNs: 0n,
  },
  memory: { usageBytes: 0, maxUsageBytes: undefined, limitBytes: undefined, stat: {}, oomKills: 0 },
  pids: { current: 0, limit: undefined },
  blockIo: [],
});

export class CgroupFiles {
  readonly statFiles = new StatFiles();
  readonly #controllers: readonly Controller[];
  readonly #directoryOf: DirectoryOf;

  constructor(controllers: readonly Controller[], directoryOf: DirectoryOf) {
    this.#controllers = controllers;
    this.#directoryOf = directoryOf;
  }

  /** @returns warnings. @throws invalid-parameter when a limit was asked for that nothing here can enforce. */
  apply(resources: OciResources): string[] {
    const warnings: string[] = [];
    for (const controller of this.#controllers) {
      const directory = this.#directoryOf(controller.name);
      if (directory !== undefined) controller.apply(directory, resources, warnings);
      else if (controller.asked(resources)) throw missing(controller.name);
    }
    return warnings;
  }

  update(resources: OciResources): string[] {
    try {
      return this.apply(resources);
    } catch (error) {
      if (isGone(error)) throw conflict('the container is not running', { cause: error });
      throw error;
    }
  }

  limits(): CgroupLimits {
    const read = this.#controllers.map((controller) =>
      controller.limits?.(this.#directoryOf(controller.name)),
    );
    return Object.assign({ ...noLimits }, ...read);
  }

  stats(): CgroupStats {
    const read = this.#controllers.map((controller) =>
      controller.stats?.(this.#directoryOf(controller.name), this.statFiles),
    );
    return Object.assign(noStats(), ...read);
  }
}

const missing = (controller: string): Error =>
  invalidParameter(
    `the kernel's ${controller} controller is not available here, so this limit cannot be set`,
  );
