/**
 * Reading and writing the kernel's cgroup files. All of it is synchronous on purpose: a kernel file answers in
 * microseconds, a trip through libuv's thread pool costs many times that.
 */
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmdirSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** One buffer for all reads; nothing here yields to other code while it is in use. */
const buffer = Buffer.allocUnsafeSlow(128 * 1024);

export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** The file or the whole cgroup is not there (any more). */
export const isGone = (error: unknown): boolean => ['ENOENT', 'ENODEV'].includes(errorCode(error) ?? '');

/** Writes one value with a single write(2), as the kernel's parsers want it. */
export function writeValue(directory: string, file: string, value: string | number): void {
  writeValues(directory, file, [value]);
}

/** Writes several values one after the other, for files that take one rule at a time. */
export function writeValues(directory: string, file: string, values: readonly (string | number)[]): void {
  const fd = openSync(join(directory, file), constants.O_WRONLY);
  try {
    for (const value of values) writeSync(fd, String(value));
  } finally {
    closeSync(fd);
  }
}

/** Reads a whole kernel file: these deliver everything in one read when the buffer is large enough. */
export function readText(directory: string, file: string): string {
  const fd = openSync(join(directory, file), 'r');
  try {
    return readFd(fd);
  } finally {
    closeSync(fd);
  }
}

export const readFd = (fd: number): string =>
  buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0)).trimEnd();

/** As `readText`, but undefined when the kernel or this hierarchy does not have the file. */
export function readOptional(directory: string | undefined, file: string): string | undefined {
  if (directory === undefined) return undefined;
  try {
    return readText(directory, file);
  } catch (error) {
    if (isGone(error) || errorCode(error) === 'EOPNOTSUPP') return undefined;
    throw error;
  }
}

/** Parses `key value` lines (memory.stat, cpu.stat, cgroup.events). */
export function parseFlat(text: string | undefined): Record<string, number> {
  const result: Record<string, number> = {};
  for (const line of (text ?? '').split('\n')) {
    const space = line.indexOf(' ');
    if (space > 0) result[line.slice(0, space)] = Number(line.slice(space + 1));
  }
  return result;
}

/** v1 writes "no limit" as the largest page-aligned number, v2 as `max`. */
export function parseLimit(text: string | undefined): number | undefined {
  if (text === undefined || text === 'max') return undefined;
  const value = Number(text);
  return value < 0 || value >= 2 ** 62 ? undefined : value;
}

/** Makes one directory. @returns false when it was there already. */
export function makeDirectory(directory: string): boolean {
  try {
    mkdirSync(directory);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Names of the cgroups directly below; empty when the directory is gone. */
export function childCgroups(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name));
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** Removes a cgroup with all below it. @returns false when there are still processes in it. */
export function removeTree(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (isGone(error)) return true;
    if (errorCode(error) !== 'EBUSY' && errorCode(error) !== 'ENOTEMPTY') throw error;
  }
  const children = childCgroups(directory);
  if (children.length === 0 || !children.map(removeTree).every(Boolean)) return false;
  return removeTree(directory);
}

/** Every process in the cgroup and in those the container made below it. */
export function processesBelow(directory: string): number[] {
  const own = (readOptional(directory, 'cgroup.procs') ?? '').split('\n').filter((line) => line !== '');
  return [...own.map(Number), ...childCgroups(directory).flatMap(processesBelow)];
}
