import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, isGone, readFd } from './files.ts';

/** Descriptors are given back when nobody asked for this long; a watched container asks every second. */
const idleMs = 5_000;

/**
 * Files of one cgroup that are read again and again: opened once, re-read with pread(2). They close by
 * themselves when unused, so that a caller who only looks once has nothing to clean up.
 */
export class StatFiles {
  readonly #fds = new Map<string, number | undefined>();
  #timer: NodeJS.Timeout | undefined;

  /** The file's text, or undefined when there is no such file or the cgroup is gone. */
  read(directory: string | undefined, file: string): string | undefined {
    if (directory === undefined) return undefined;
    this.#keepOpen();
    const path = join(directory, file);
    const fd = this.#fds.has(path) ? this.#fds.get(path) : this.#open(path);
    if (fd === undefined) return undefined;
    try {
      return readFd(fd);
    } catch (error) {
      if (isGone(error) || errorCode(error) === 'EOPNOTSUPP') return undefined;
      throw error;
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const fd of this.#fds.values()) if (fd !== undefined) closeSync(fd);
    this.#fds.clear();
  }

  #open(path: string): number | undefined {
    let fd: number | undefined;
    try {
      fd = openSync(path, 'r');
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    this.#fds.set(path, fd);
    return fd;
  }

  #keepOpen(): void {
    if (this.#timer !== undefined) {
      this.#timer.refresh();
      return;
    }
    this.#timer = setTimeout(() => this.close(), idleMs);
    this.#timer.unref();
  }
}
