import { open, readFile, rename, rm } from 'node:fs/promises';

/**
 * Replaces a file: readers see the old or the new content, never half of it.
 * @param options.sync waits for the disk; needless below the exec-root, which a reboot empties anyway
 */
export async function writeAtomically(path: string, content: string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await using file = await open(temporary, 'w', 0o600);
    await file.writeFile(content);
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Parsed JSON, undefined when there is no such file or it is damaged. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A property of a value of unknown shape. */
export const property = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;

export const textOf = (value: unknown, key: string): string | undefined => {
  const found = property(value, key);
  return typeof found === 'string' ? found : undefined;
};
