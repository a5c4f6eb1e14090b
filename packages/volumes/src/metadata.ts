/** `<data-root>/volumes/<name>/volume.json`: what is known of a volume besides its files. */
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

export interface Metadata {
  createdAt: Date;
  labels: Record<string, string>;
  options: Record<string, string>;
  anonymous: boolean;
}

const fileName = 'volume.json';

/**
 * Written to a temporary name and renamed: a crash leaves no half-written file. An anonymous volume, which is made in
 * the middle of a container's start, is not worth waiting for the disk.
 */
export async function writeMetadata(folder: string, metadata: Metadata): Promise<void> {
  const path = join(folder, fileName);
  const temporary = `${path}.tmp`;
  try {
    await using file = await open(temporary, 'w', 0o600);
    await file.writeFile(JSON.stringify(metadata));
    if (!metadata.anonymous) await file.sync();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A folder whose file is lost or damaged still is a volume: its files must not become invisible. */
export async function readMetadata(folder: string): Promise<Metadata> {
  const stored = await readFile(join(folder, fileName), 'utf8').then(parseJson, () => undefined);
  const field = (key: string): unknown =>
    typeof stored === 'object' && stored !== null ? Reflect.get(stored, key) : undefined;
  const createdAt = new Date(String(field('createdAt')));
  return {
    createdAt: Number.isNaN(createdAt.getTime()) ? (await stat(folder)).birthtime : createdAt,
    labels: textRecord(field('labels')),
    options: textRecord(field('options')),
    anonymous: stored === undefined ? isRandomName(basename(folder)) : field('anonymous') === true,
  };
}

const isRandomName = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textRecord(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
