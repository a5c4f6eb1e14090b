/** The files of one log: the one being written and the rotated ones beside it (`x.1` is newer than `x.2`). */
import { type FileHandle, open } from 'node:fs/promises';

/** More rotated files than this are not looked for. */
const maxRotated = 1000;

export interface OpenLog {
  handle: FileHandle;
  inode: bigint;
  /** Bytes it had when it was opened: the end for a reader that does not follow. */
  size: number;
}

/**
 * Opens every file of the log that is newer than the one with inode `after` (all of them without it), oldest
 * first. Opened newest first, so a rotation meanwhile shows a file twice (dropped here) but hides none.
 */
export async function openLogFiles(path: string, after?: bigint): Promise<OpenLog[]> {
  const files: OpenLog[] = [];
  try {
    for (let index = 0; index <= maxRotated; index++) {
      const file = await openIfExists(index === 0 ? path : `${path}.${index}`);
      if (!file) {
        if (index === 0) continue;
        break;
      }
      if (file.inode === after) {
        await file.handle.close();
        break;
      }
      if (files.some((known) => known.inode === file.inode)) await file.handle.close();
      else files.unshift(file);
    }
    return files;
  } catch (error) {
    await closeLogFiles(files);
    throw error;
  }
}

export async function closeLogFiles(files: readonly OpenLog[]): Promise<void> {
  await Promise.all(files.map((file) => file.handle.close()));
}

async function openIfExists(path: string): Promise<OpenLog | undefined> {
  try {
    const handle = await open(path, 'r');
    const { ino, size } = await handle.stat({ bigint: true });
    return { handle, inode: ino, size: Number(size) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const blockBytes = 64 * 1024;
const newline = 0x0a;

/**
 * Where the last `lines` lines of the files begin, found from the end backwards.
 * @returns the index of the file and the offset in it.
 */
export async function findTail(
  files: readonly OpenLog[],
  lines: number,
): Promise<{ index: number; offset: number }> {
  const last = files.length - 1;
  if (lines === 0) {
    return { index: last, offset: files[last]?.size ?? 0 };
  }
  let missing = lines;
  for (let index = last; index >= 0; index--) {
    const file = files[index];
    if (!file) break;
    const { offset, found } = await tailOfFile(file, missing);
    missing -= found;
    if (missing <= 0) return { index, offset };
  }
  return { index: 0, offset: 0 };
}

async function tailOfFile(
  { handle, size }: OpenLog,
  lines: number,
): Promise<{ offset: number; found: number }> {
  const block = Buffer.allocUnsafe(blockBytes);
  // A newline ends a line: the very last byte starts none.
  let end = size - 1;
  let found = size > 0 ? 1 : 0;
  while (end > 0) {
    const start = Math.max(0, end - blockBytes);
    const { bytesRead } = await handle.read(block, 0, end - start, start);
    for (let i = bytesRead - 1; i >= 0; i--) {
      if (block[i] !== newline) continue;
      if (found === lines) return { offset: start + i + 1, found };
      found++;
    }
    end = start;
  }
  return { offset: 0, found };
}
