/** Whole-file writes that leave either the old or the new content, whatever happens in between. */
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

let counter = 0;

/**
 * Writes beside the file and renames over it. With `durable` the data and the directory entry have reached the
 * disk when this resolves; without it a crash of the host (not of the daemon) may bring the old content back.
 */
export async function writeFileAtomic(
  path: string,
  data: string,
  options: { durable: boolean; mode?: number },
): Promise<void> {
  counter += 1;
  const temporary = `${path}.${process.pid}.${counter}.tmp`;
  const mode = options.mode ?? 0o600;
  try {
    if (!options.durable) {
      await writeFile(temporary, data, { mode });
      await rename(temporary, path);
      return;
    }
    await writeSynced(temporary, data, mode);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A new file whose data is on disk when this resolves; its name is not, see `syncDirectory`. */
export async function writeSynced(path: string, data: string, mode = 0o600): Promise<void> {
  await using file = await open(path, 'w', mode);
  await file.writeFile(data);
  await file.datasync();
}

/** Makes renames and new entries of a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}
