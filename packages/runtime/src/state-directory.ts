/**
 * State directories below the exec-root: what the launcher leaves for a later daemon. The exec-root is a tmpfs, so
 * these few small files are read and removed in place: a trip through the thread pool takes longer than the calls.
 */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { invalidParameter } from '@berth/engine-api';
import { dateOf } from './frames.ts';
import { parseExit, parseState, type StateFile } from './record.ts';
import type { ExitStatus } from './types.ts';

export interface StateDirectory {
  readonly path: string;
  readonly socketPath: string;
  state(): StateFile | undefined;
  exit(): ExitStatus | undefined;
  /** Records an end that the launcher could not record itself. */
  writeExit(status: ExitStatus): void;
  remove(): void;
}

/** Ids become file names. @throws invalid-parameter for one that is none. */
export function checkId(id: string): string {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(id)) throw invalidParameter(`invalid id "${id}"`);
  return id;
}

export const makeParents = (execRoot: string): void => {
  for (const name of ['containers', 'execs'])
    mkdirSync(join(execRoot, name), { recursive: true, mode: 0o711 });
};

/** Names in a directory, none when it does not exist. */
export const listDirectory = (path: string, wanted: 'all' | 'directories' = 'all'): string[] =>
  ifMissing(() => readdirSync(path, { withFileTypes: true }), [])
    .filter((entry) => wanted === 'all' || entry.isDirectory())
    .map(({ name }) => name);

export function stateDirectory(execRoot: string, kind: 'containers' | 'execs', id: string): StateDirectory {
  const path = join(execRoot, kind, checkId(id));
  const read = (name: string): string => ifMissing(() => readFileSync(join(path, name), 'utf8'), '');
  return {
    path,
    socketPath: join(path, 'launcher.sock'),
    state: () => parseState(read('state')),
    exit() {
      const found = parseExit(read('exit'));
      return found && { ...found, exitedAt: dateOf(BigInt(found.exitedAt)) };
    },
    writeExit({ exitCode, exitedAt, oomKilled }) {
      const text = JSON.stringify({ exitCode, exitedAt: `${exitedAt.getTime()}000000`, oomKilled });
      ifMissing(() => {
        writeFileSync(join(path, 'exit.new'), text);
        renameSync(join(path, 'exit.new'), join(path, 'exit'));
      }, undefined);
    },
    remove() {
      for (const name of listDirectory(path)) ifMissing(() => unlinkSync(join(path, name)), undefined);
      ifMissing(() => rmdirSync(path), undefined);
    },
  };
}

/** Start time of a process in clock ticks since boot, undefined when there is none (proc_pid_stat(5), field 22). */
export function processStartTime(pid: number): string | undefined {
  const text = ifMissing(() => readFileSync(`/proc/${pid}/stat`, 'utf8'), '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}

function ifMissing<T>(action: () => T, otherwise: T): T {
  try {
    return action();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH') return otherwise;
    throw error;
  }
}
