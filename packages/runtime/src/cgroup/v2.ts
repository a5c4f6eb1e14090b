/** cgroup version 2: one directory in the unified tree. */
import { dirname, join } from 'node:path';
import { conflict } from '@berth/engine-api';
import type { OciResources } from '../spec.ts';
import type { Cgroup, CgroupLimits, CgroupStats } from '../types.ts';
import { CgroupFiles } from './base.ts';
import { ioV2 } from './blkio.ts';
import { cpuV2 } from './cpu.ts';
import { cpusetV2 } from './cpuset.ts';
import { waitForEvent } from './events.ts';
import {
  errorCode,
  isGone,
  makeDirectory,
  processesBelow,
  readText,
  removeTree,
  writeValue,
} from './files.ts';
import { freezeV2, thawV2 } from './freezer.ts';
import { memoryV2 } from './memory.ts';
import { pids } from './pids.ts';
import { killAll } from './processes.ts';

/** Memory first: it is the one that may be refused on a live container, and then nothing else has changed. */
const controllers = [memoryV2, cpuV2, cpusetV2, pids, ioV2];
const removeTimeoutMs = 10_000;

export class CgroupV2 implements Cgroup {
  readonly path: string;
  readonly directory: string;
  readonly #root: string;
  readonly #files: CgroupFiles;
  #available: ReadonlySet<string> = new Set();

  constructor(path: string, root: string) {
    this.path = path;
    this.#root = root;
    this.directory = join(root, path);
    this.#files = new CgroupFiles(controllers, (name) => (this.#has(name) ? this.directory : undefined));
  }

  /** Makes the directory and applies the limits. @returns warnings. */
  create(resources: OciResources): string[] {
    this.#make();
    try {
      return this.#files.apply(resources);
    } catch (error) {
      removeTree(this.directory);
      throw error;
    }
  }

  #make(): void {
    try {
      if (makeDirectory(this.directory) && this.#hasAllControllers()) return;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    prepareParent(dirname(this.directory), this.#root);
    // Left behind by an earlier run, or made before its parent was ready: made anew, so that it starts fresh.
    if (!removeTree(this.directory)) throw conflict(`cgroup ${this.path} still has processes in it`);
    makeDirectory(this.directory);
    this.#available = new Set();
  }

  #hasAllControllers(): boolean {
    return controllerNames(this.#root).every((name) => this.#has(name));
  }

  #has(controller: string): boolean {
    // Asked again while the cgroup does not exist yet.
    if (this.#available.size === 0) this.#available = new Set(readControllers(this.directory));
    return this.#available.has(controller);
  }

  async update(resources: OciResources): Promise<void> {
    this.#files.update(resources);
  }

  async limits(): Promise<CgroupLimits> {
    return this.#files.limits();
  }

  async stats(): Promise<CgroupStats> {
    // cpu.stat counts even where the controller is not switched on.
    return { ...this.#files.stats(), ...cpuV2.stats?.(this.directory, this.#files.statFiles) };
  }

  async freeze(): Promise<void> {
    await freezeV2(this.directory);
  }

  async thaw(): Promise<void> {
    await thawV2(this.directory);
  }

  async pids(): Promise<number[]> {
    return processesBelow(this.directory);
  }

  async remove(): Promise<void> {
    this.#files.statFiles.close();
    if (removeTree(this.directory)) return;
    this.#kill();
    const empty = await waitForEvent(this.directory, 'populated', 0, removeTimeoutMs);
    if (!removeTree(this.directory) || !empty)
      throw conflict(`the processes in cgroup ${this.path} do not end`);
  }

  #kill(): void {
    try {
      writeValue(this.directory, 'cgroup.kill', 1);
    } catch (error) {
      // Before Linux 5.14 there is no such file; a frozen v2 process can be killed all the same.
      if (!isGone(error)) throw error;
      killAll(processesBelow(this.directory));
    }
  }
}

const wanted = new Set(controllers.map((controller) => controller.name));

function readControllers(directory: string): string[] {
  try {
    return readText(directory, 'cgroup.controllers').split(' ').filter(Boolean);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** Those of ours that the host's tree offers. */
export const controllerNames = (root: string): string[] =>
  readControllers(root).filter((name) => wanted.has(name));

/** Makes the parents of a cgroup and switches the controllers on for what is below each of them. */
function prepareParent(directory: string, root: string): void {
  if (directory !== root) {
    prepareParent(dirname(directory), root);
    makeDirectory(directory);
  }
  const names = controllerNames(directory);
  try {
    writeValue(directory, 'cgroup.subtree_control', names.map((name) => `+${name}`).join(' '));
  } catch (error) {
    if (errorCode(error) === 'EBUSY') {
      throw conflict(`cgroup ${directory} has processes of its own, so limits cannot be set below it`, {
        cause: error,
      });
    }
    enableOneByOne(directory, names);
  }
}

/** One that cannot be enabled (cpu, while real-time processes run) must not take the others with it. */
function enableOneByOne(directory: string, names: readonly string[]): void {
  for (const name of names) {
    try {
      writeValue(directory, 'cgroup.subtree_control', `+${name}`);
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
    }
  }
}
