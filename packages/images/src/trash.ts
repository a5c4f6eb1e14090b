/**
 * `overlay2/.trash`: directories nobody needs any more. Moving one there takes it out of the store at once; its files
 * are deleted in the background, one tree at a time, so that neither the daemon nor its other disk work waits for it.
 * What a crash leaves in it is deleted by the next daemon.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Archiver } from './archiver.ts';
import type { Logger } from './logger.ts';

/** Most writable layers hold a handful of files and are not worth a process. */
const smallTree = 200;

export class Trash {
  readonly #root: string;
  readonly #archiver: Archiver;
  readonly #logger: Logger;
  #last: Promise<void> = Promise.resolve();

  constructor(storeRoot: string, archiver: Archiver, logger: Logger) {
    this.#root = join(storeRoot, trashName);
    this.#archiver = archiver;
    this.#logger = logger;
    mkdirSync(this.#root, { recursive: true, mode: 0o700 });
  }

  /**
   * Moves a directory of the store here; it is gone from its place when this returns. The promise settles when its
   * files are deleted and never rejects: what cannot be deleted is logged and tried again by the next daemon.
   */
  discard(path: string): Promise<void> {
    const place = join(this.#root, randomBytes(8).toString('hex'));
    renameSync(path, place);
    return this.#enqueue(place);
  }

  /** Deletes what an earlier daemon had no time for. */
  sweep(): void {
    for (const name of readdirSync(this.#root)) void this.#enqueue(join(this.#root, name));
  }

  #enqueue(place: string): Promise<void> {
    this.#last = this.#last
      .then(() => this.#delete(place))
      .catch((error: unknown) => this.#logger.error({ error, path: place }, 'cannot delete an old layer'));
    return this.#last;
  }

  async #delete(place: string): Promise<void> {
    try {
      if (await deleteSmall(place, { left: smallTree })) return;
    } catch (error) {
      // A path too long for Node, most likely; the archiver needs none and says what else is wrong.
      this.#logger.debug({ error, path: place }, 'leaving the removal to the archiver');
    }
    await this.#archiver.remove(place);
  }
}

/** Name of the directory, which is no layer. */
export const trashName = '.trash';

/** Deletes a tree unless it has more entries than the budget; what is deleted until then stays deleted. */
async function deleteSmall(path: string, budget: { left: number }): Promise<boolean> {
  const entries = await readdir(path, { withFileTypes: true });
  budget.left -= entries.length;
  if (budget.left < 0) return false;
  for (const entry of entries) {
    const inside = join(path, entry.name);
    if (!entry.isDirectory()) await unlink(inside);
    else if (!(await deleteSmall(inside, budget))) return false;
  }
  await rmdir(path);
  return true;
}
