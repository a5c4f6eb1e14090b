/**
 * The states a container can be in and the ways between them. Everything that changes a state goes through
 * `moveTo`, so an impossible way is a bug that shows itself.
 */
import { type ContainerState as ApiState, internal } from '@berth/engine-api';
import { zeroTime } from '../util/time.ts';

export type Status = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

const ways: Record<Status, readonly Status[]> = {
  created: ['running', 'exited', 'restarting', 'removing'],
  running: ['paused', 'exited', 'restarting'],
  paused: ['running', 'exited', 'restarting'],
  // Waiting for the next attempt.
  restarting: ['running', 'exited', 'restarting'],
  exited: ['running', 'restarting', 'removing'],
  // A removal that failed.
  removing: ['dead'],
  dead: ['removing'],
};

export interface State {
  status: Status;
  pid: number;
  exitCode: number;
  error: string;
  oomKilled: boolean;
  startedAt: Date | undefined;
  finishedAt: Date | undefined;
}

export const initialState = (): State => ({
  status: 'created',
  pid: 0,
  exitCode: 0,
  error: '',
  oomKilled: false,
  startedAt: undefined,
  finishedAt: undefined,
});

/** @throws internal when there is no such way; that is a bug in the caller. */
export function moveTo(state: State, status: Status): void {
  if (!ways[state.status].includes(status))
    throw internal(`a container cannot go from ${state.status} to ${status}`);
  state.status = status;
}

/** Its process exists. */
export const isActive = (state: State): boolean => state.status === 'running' || state.status === 'paused';

/** Docker counts a container that waits for its restart as running. */
export const isRunning = (state: State): boolean => isActive(state) || state.status === 'restarting';

export const toApiState = (state: State): ApiState => ({
  Status: state.status,
  Running: isRunning(state),
  Paused: state.status === 'paused',
  Restarting: state.status === 'restarting',
  OOMKilled: state.oomKilled,
  Dead: state.status === 'dead',
  Pid: state.pid,
  ExitCode: state.exitCode,
  Error: state.error,
  StartedAt: state.startedAt?.toISOString() ?? zeroTime,
  FinishedAt: state.finishedAt?.toISOString() ?? zeroTime,
});
