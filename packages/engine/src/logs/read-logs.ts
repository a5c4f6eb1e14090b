/** Reads a container's json-file log, and follows it while the container runs. */
import { watch } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { createLineEncoder, type LineEncoder, type LineOptions } from './line-encoder.ts';
import { closeLogFiles, findTail, openLogFiles } from './log-files.ts';

export interface ReadLogsOptions extends LineOptions {
  tail: number | 'all';
  /** Settles when nothing more will be written; with it the log is followed until then. */
  followUntil?: Promise<unknown> | undefined;
  signal: AbortSignal;
}

const readBytes = 256 * 1024;

/**
 * The log as chunks of Docker's log stream. Opens its files with the first read and closes them at the end;
 * holds no more than one block in memory, however large the log is.
 */
export async function* readLogs(path: string, options: ReadLogsOptions): AsyncGenerator<Buffer> {
  const encoder = createLineEncoder(options);
  // Watching starts before the first read, so nothing written in between is missed.
  using follower = options.followUntil ? new Follower(path, options.followUntil, options) : undefined;
  const files = await openLogFiles(path);
  try {
    const start = options.tail === 'all' ? { index: 0, offset: 0 } : await findTail(files, options.tail);
    files.splice(0, start.index).forEach((file) => {
      void file.handle.close();
    });
    let position = new FilePosition(start.offset);
    for (;;) {
      const current = files[0];
      // What is asked before reading decides after it: anything written before the end is read then.
      const state = follower?.take();
      if (current) {
        // Without following, what is written from now on is not asked for: a busy container's log has an end.
        const end = follower ? Number.POSITIVE_INFINITY : current.size;
        yield* readToEnd(current.handle, position, end, encoder, options.signal);
      }
      if (encoder.finished || options.signal.aborted) return;
      if (files.length > 1) {
        await files.shift()?.handle.close();
        position = new FilePosition(0);
        continue;
      }
      if (!follower || !state) return;
      if (state.rotated || !current) {
        const newer = await openLogFiles(path, current?.inode);
        files.push(...newer);
        if (newer.length > 0) continue;
      }
      if (state.ended) return;
      await follower.changed();
    }
  } finally {
    await closeLogFiles(files);
  }
}

/** How far a file was read, and the piece of a line that stood at its end. */
class FilePosition {
  offset: number;
  rest: Buffer = Buffer.alloc(0);

  constructor(offset: number) {
    this.offset = offset;
  }
}

async function* readToEnd(
  handle: FileHandle,
  position: FilePosition,
  end: number,
  encoder: LineEncoder,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafe(readBytes);
  while (!encoder.finished && !signal.aborted) {
    if (position.rest.length > block.length / 2) block = Buffer.allocUnsafe(position.rest.length * 4);
    const kept = position.rest.copy(block);
    const wanted = Math.min(block.length - kept, end - position.offset);
    if (wanted <= 0) return;
    const { bytesRead } = await handle.read(block, kept, wanted, position.offset);
    if (bytesRead === 0) return;
    position.offset += bytesRead;
    // A copy, as the block is read into again.
    position.rest = Buffer.from(encoder.encode(block.subarray(0, kept + bytesRead)));
    yield* encoder.take();
  }
}

/** Wakes the reader when the log was written to or rotated, when the container ended, or on abort. */
class Follower implements Disposable {
  readonly #watcher;
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #rotated = false;
  #dirty = false;
  #wake: (() => void) | undefined;

  constructor(path: string, end: Promise<unknown>, options: ReadLogsOptions) {
    const name = basename(path);
    this.#watcher = watch(dirname(path), (event, file) => {
      if (file !== name) return;
      if (event === 'rename') this.#rotated = true;
      this.#notify();
    });
    // The directory goes when the container is removed: the end of the container is what counts.
    this.#watcher.on('error', this.#onEnd);
    this.#signal = options.signal;
    this.#signal.addEventListener('abort', this.#onEnd, { once: true });
    end.then(this.#onEnd, this.#onEnd);
    if (options.untilMs !== undefined) {
      this.#timer = setTimeout(this.#onEnd, Math.max(0, options.untilMs - Date.now()));
    }
  }

  /** What happened since the last call. */
  take(): { ended: boolean; rotated: boolean } {
    const state = { ended: this.#ended, rotated: this.#rotated || this.#ended };
    this.#rotated = false;
    this.#dirty = false;
    return state;
  }

  async changed(): Promise<void> {
    if (this.#dirty) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onEnd);
  }

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#notify();
  };

  #notify(): void {
    this.#dirty = true;
    this.#wake?.();
    this.#wake = undefined;
  }
}
