import type { OciResources } from '../spec.ts';
import type { CgroupLimits, CgroupStats } from '../types.ts';
import { errorCode } from './files.ts';
import type { StatFiles } from './stat-files.ts';

/**
 * One kernel controller in one cgroup version. Every function takes the directory of a cgroup in the hierarchy
 * of this controller; reading functions take `undefined` where the kernel does not have it.
 */
export interface Controller {
  /** The kernel's name, as in /proc/cgroups and cgroup.controllers. */
  readonly name: string;
  /** Does the user ask for something only this controller can do? */
  asked(resources: OciResources): boolean;
  /** Writes what `resources` says and leaves the rest. Lesser wishes the kernel refuses go to `warnings`. */
  apply(directory: string, resources: OciResources, warnings: string[]): void;
  limits?(directory: string | undefined): Partial<CgroupLimits>;
  stats?(directory: string | undefined, files: StatFiles): Partial<CgroupStats>;
}

/** Runs a write the container can live without; a refusal becomes a warning. */
export function attempt(warnings: string[], what: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    warnings.push(
      code === 'ENOENT'
        ? `Your kernel does not support ${what}. It was discarded.`
        : `The kernel refused ${what} (${code}). It was discarded.`,
    );
  }
}
