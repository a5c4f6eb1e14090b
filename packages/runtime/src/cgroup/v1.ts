/** cgroup version 1: the same path in every mounted hierarchy. */
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { conflict } from '@berth/engine-api';
import type { OciResources } from '../spec.ts';
import type { Cgroup, CgroupLimits, CgroupStats } from '../types.ts';
import { CgroupFiles } from './base.ts';
import { blkioV1 } from './blkio.ts';
import { cpuStatsV1, cpuV1 } from './cpu.ts';
import { cpusetV1, prepareCpusetParent } from './cpuset.ts';
import { devicesV1 } from './devices.ts';
import { errorCode, isGone, makeDirectory, processesBelow, removeTree } from './files.ts';
import { freezeV1, thawV1 } from './freezer.ts';
import { memoryV1 } from './memory.ts';
import { pids } from './pids.ts';
import { killAll } from './processes.ts';
import type { CgroupHierarchy } from './types.ts';

/** Memory first: it is the one the kernel may refuse on a live container, and then nothing else has changed. */
const controllers = [memoryV1, cpuV1, cpusetV1, pids, devicesV1, blkioV1];

const removeTimeoutMs = 10_000;
const removeRetryMs = 5;

export class CgroupV1 implements Cgroup {
  readonly path: string;
  readonly directories: readonly string[];
  readonly #byController = new Map<string, string>();
  readonly #files: CgroupFiles;

  constructor(path: string, hierarchies: readonly CgroupHierarchy[]) {
    this.path = path;
    this.directories = hierarchies.map((hierarchy) => join(hierarchy.mountPoint, path));
    for (const { controllers: names, mountPoint } of hierarchies) {
      for (const name of names) this.#byController.set(name, join(mountPoint, path));
    }
    this.#files = new CgroupFiles(controllers, (name) => this.#byController.get(name));
  }

  directory(controller: string): string | undefined {
    return this.#byController.get(controller);
  }

  /** Makes the directories and applies the limits. @returns warnings. */
  create(resources: OciResources): string[] {
    try {
      for (const directory of this.directories) this.#make(directory);
      return this.#files.apply(resources);
    } catch (error) {
      this.#tryRemove();
      throw error;
    }
  }

  #make(directory: string): void {
    try {
      if (makeDirectory(directory)) return;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      prepareParent(dirname(directory), directory === this.directory('cpuset'));
      if (makeDirectory(directory)) return;
    }
    // Left behind by an earlier run: made anew, so that counters and limits start fresh.
    if (!removeTree(directory)) throw conflict(`cgroup ${this.path} still has processes in it`);
    makeDirectory(directory);
  }

  async update(resources: OciResources): Promise<void> {
    this.#files.update(resources);
  }

  async limits(): Promise<CgroupLimits> {
    return this.#files.limits();
  }

  async stats(): Promise<CgroupStats> {
    const files = this.#files.statFiles;
    const cpu = cpuStatsV1((controller, file) => files.read(this.directory(controller), file));
    return { ...this.#files.stats(), cpu };
  }

  async freeze(): Promise<void> {
    await freezeV1(this.#freezer());
  }

  async thaw(): Promise<void> {
    thawV1(this.#freezer());
  }

  #freezer(): string {
    const directory = this.directory('freezer');
    if (directory === undefined)
      throw conflict('the kernel has no freezer controller to pause a container with');
    return directory;
  }

  async pids(): Promise<number[]> {
    return processesBelow(this.directory('pids') ?? this.directories[0] ?? '');
  }

  async remove(): Promise<void> {
    this.#files.statFiles.close();
    const deadline = performance.now() + removeTimeoutMs;
    while (!this.#tryRemove()) {
      if (performance.now() > deadline) throw conflict(`the processes in cgroup ${this.path} do not end`);
      // v1 announces nothing when the last process is gone, so this has to look again.
      for (const directory of this.directories) killAll(processesBelow(directory));
      this.#thawDying();
      await delay(removeRetryMs);
    }
  }

  /** A frozen process dies only when it is thawed. */
  #thawDying(): void {
    const directory = this.directory('freezer');
    if (directory === undefined) return;
    try {
      thawV1(directory);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  #tryRemove(): boolean {
    return this.directories.map(removeTree).every(Boolean);
  }
}

/** Makes the parents of a cgroup in one hierarchy; they stay for the next container. */
function prepareParent(directory: string, isCpuset: boolean): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    prepareParent(dirname(directory), isCpuset);
    makeDirectory(directory);
  }
  if (isCpuset) prepareCpusetParent(directory);
}
