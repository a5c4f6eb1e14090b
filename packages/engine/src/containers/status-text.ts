/** "Up 3 seconds", "Exited (0) 2 minutes ago": the state in words, as Docker's list has it. */
import { humanDuration } from '../util/duration.ts';
import type { State } from './state.ts';

/** @param nowMs Unix milliseconds */
export function statusText(state: State, nowMs: number): string {
  const up = (): string => `Up ${humanDuration(nowMs - (state.startedAt?.getTime() ?? nowMs))}`;
  const ago = (): string => `${humanDuration(nowMs - (state.finishedAt?.getTime() ?? nowMs))} ago`;
  switch (state.status) {
    case 'running':
      return up();
    case 'paused':
      return `${up()} (Paused)`;
    case 'restarting':
      return `Restarting (${state.exitCode}) ${ago()}`;
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'created':
      return 'Created';
    case 'exited':
      return state.finishedAt ? `Exited (${state.exitCode}) ${ago()}` : 'Exited';
  }
}
