import { watch } from 'node:fs';
import { join } from 'node:path';
import { parseFlat, readOptional } from './files.ts';

/**
 * Waits until `key` in the cgroup's v2 `cgroup.events` file is `value`; the kernel announces each change through
 * inotify, so nothing is polled.
 * @returns false when that did not happen in time; true also when the cgroup has vanished.
 */
export function waitForEvent(
  directory: string,
  key: 'frozen' | 'populated',
  value: 0 | 1,
  timeoutMs: number,
): Promise<boolean> {
  const reached = (): boolean => {
    const text = readOptional(directory, 'cgroup.events');
    return text === undefined || parseFlat(text)[key] === value;
  };
  if (reached()) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    const finish = (result: boolean): void => {
      clearTimeout(timer);
      watcher.close();
      resolve(result);
    };
    const timer = setTimeout(() => finish(reached()), timeoutMs);
    const watcher = watch(join(directory, 'cgroup.events'), () => {
      if (reached()) finish(true);
    });
    watcher.once('error', (error) => {
      clearTimeout(timer);
      watcher.close();
      reject(error);
    });
    // What changed between the first look and the watch was not announced.
    if (reached()) finish(true);
  });
}
