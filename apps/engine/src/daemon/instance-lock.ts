/**
 * One berthd per data-root. The lock file names its owner by boot, pid and the pid's start time, so a file left by a
 * crash is recognised; it appears by hard link, complete and at once.
 */
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { conflict } from '@berth/engine-api';

export interface InstanceLock extends AsyncDisposable {
  readonly path: string;
}

const maxAttempts = 5;

/** @throws conflict when a living berthd holds it */
export async function lockInstance(dataRoot: string): Promise<InstanceLock> {
  await mkdir(dataRoot, { recursive: true, mode: 0o710 });
  const file = path.join(dataRoot, 'berthd.lock');
  const mine = await identityOf(process.pid);
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, mine, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      if (await appear(draft, file)) return held(file, mine);
      await clearStale(file, dataRoot);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw conflict(`cannot lock ${dataRoot}: other engines keep starting there`);
}

const held = (file: string, mine: string): InstanceLock => ({
  path: file,
  [Symbol.asyncDispose]: async () => {
    if ((await readOrEmpty(file)) === mine) await rm(file, { force: true });
  },
});

async function appear(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Moves a dead owner's file away; checks what was moved, as a new owner may have come in between. */
async function clearStale(file: string, dataRoot: string): Promise<void> {
  const content = await readOrEmpty(file);
  await refuseLiving(content, dataRoot);
  const aside = `${file}.stale.${process.pid}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  const moved = await readOrEmpty(aside);
  if (moved !== content) await appear(aside, file);
  await rm(aside, { force: true });
}

async function refuseLiving(content: string, dataRoot: string): Promise<void> {
  const pid = Number(content.split(' ')[1]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  if (content === (await identityOf(pid))) {
    throw conflict(`another berthd (pid ${pid}) uses ${dataRoot}; give this one its own --data-root`);
  }
}

/** "boot-id pid start-time"; empty when there is no such process. */
export async function identityOf(pid: number): Promise<string> {
  const [boot, stat] = await Promise.all([
    readOrEmpty('/proc/sys/kernel/random/boot_id'),
    readOrEmpty(`/proc/${pid}/stat`),
  ]);
  // The process name in parentheses may contain anything; the start time is the 20th field after it.
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return stat === '' ? '' : `${boot.trim()} ${pid} ${startTime}`;
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    // A process may also end between open and read.
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH')) return '';
    throw error;
  }
}

const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
