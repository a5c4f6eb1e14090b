import type { ContainerAction } from '@berth/api/schemas';
import { count } from '@berth/ui';

/** Under way: "Stopping". */
export const doing: Record<ContainerAction, string> = {
  start: 'starting',
  stop: 'stopping',
  restart: 'restarting',
  kill: 'killing',
  pause: 'pausing',
  unpause: 'resuming',
  remove: 'removing',
};

/** Done: "Stopped". */
export const done: Record<ContainerAction, string> = {
  start: 'Started',
  stop: 'Stopped',
  restart: 'Restarted',
  kill: 'Killed',
  pause: 'Paused',
  unpause: 'Resumed',
  remove: 'Removed',
};

/** On a button: "Stop". */
export const verb: Record<ContainerAction, string> = {
  start: 'Start',
  stop: 'Stop',
  restart: 'Restart',
  kill: 'Kill',
  pause: 'Pause',
  unpause: 'Resume',
  remove: 'Remove',
};

/** What it does to one, and the way back. */
const effectOnOne: Record<ContainerAction, string> = {
  start: 'Runs the command again with the same settings.',
  stop: 'Asks the program to end, and ends it by force after ten seconds. Start brings it back.',
  restart: 'Stops and starts again. Connections are cut for a moment.',
  kill: 'Ends the program at once with SIGKILL. It cannot save what it is doing. Start brings it back.',
  pause: 'Freezes every process. Resume goes on from the same point.',
  unpause: 'Processes go on from where they were frozen.',
  remove:
    'Removes the container and its writable layer. Named volumes and the image stay. There is no way back.',
};

/** The same for several, where the words differ. */
const effectOnMany: Partial<Record<ContainerAction, string>> = {
  stop: 'Asks the programs to end, and ends them by force after ten seconds. Start brings them back.',
  restart: 'Stops them and starts them again. Connections are cut for a moment.',
  kill: 'Ends the programs at once with SIGKILL. They cannot save what they are doing. Start brings them back.',
  remove: 'Removes them and their writable layers. Named volumes and images stay. There is no way back.',
};

/** What an action does to so many containers, and the way back. */
export function effectOf(action: ContainerAction, amount: number): string {
  return (amount > 1 ? effectOnMany[action] : undefined) ?? effectOnOne[action];
}

/** "web", or "3 containers". */
export function objectWords(rows: readonly { name: string }[]): string {
  return rows.length === 1 && rows[0] ? rows[0].name : count(rows.length, 'container');
}
