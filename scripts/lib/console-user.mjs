// The unprivileged account the console runs as. Its group may talk to the engine's socket, nothing else.
import { readFileSync } from 'node:fs';
import { run, SetupError } from './steps.mjs';

const userName = 'berth-console';
const groupName = 'berth';

const entry = (file, name) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':');

/** Makes group and user where they are missing. */
export async function ensureConsoleUser() {
  if (!entry('/etc/group', groupName)) await run('groupadd', ['--system', groupName]);
  if (!entry('/etc/passwd', userName))
    await run('useradd', [
      '--system',
      '--gid',
      groupName,
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
      userName,
    ]);
}

/** @returns {{ uid: number, gid: number }} */
export function consoleUser() {
  const user = entry('/etc/passwd', userName);
  const group = entry('/etc/group', groupName);
  if (!user || !group) throw new SetupError(`The user ${userName} or the group ${groupName} is missing.`);
  return { uid: Number(user[2]), gid: Number(group[2]) };
}
