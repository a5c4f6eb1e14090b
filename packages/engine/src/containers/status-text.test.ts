import assert from 'node:assert/strict';
import { test } from 'node:test';
import { humanDuration } from '../util/duration.ts';
import { initialState, type State } from './state.ts';
import { statusText } from './status-text.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

test('durations are worded as Docker words them', () => {
  const rows: [number, string][] = [
    [0, 'Less than a second'],
    [1000, '1 second'],
    [59_999, '59 seconds'],
    [minute, 'About a minute'],
    [45 * minute, '45 minutes'],
    [60 * minute, 'About an hour'],
    [100 * minute, '2 hours'],
    [47 * 60 * minute, '47 hours'],
    [3 * day, '3 days'],
    [15 * day, '2 weeks'],
    [90 * day, '3 months'],
    [800 * day, '2 years'],
  ];
  for (const [ms, text] of rows) assert.equal(humanDuration(ms), text);
});

test('each state has its words', () => {
  const now = 1_000_000_000;
  const state = (change: Partial<State>): State => ({
    ...initialState(),
    startedAt: new Date(now - 3000),
    finishedAt: new Date(now - 2 * minute),
    ...change,
  });
  const rows: [Partial<State>, string][] = [
    [{ status: 'running' }, 'Up 3 seconds'],
    [{ status: 'paused' }, 'Up 3 seconds (Paused)'],
    [{ status: 'exited', exitCode: 137 }, 'Exited (137) 2 minutes ago'],
    [{ status: 'restarting', exitCode: 1 }, 'Restarting (1) 2 minutes ago'],
    [{ status: 'created' }, 'Created'],
    [{ status: 'removing' }, 'Removal In Progress'],
    [{ status: 'dead' }, 'Dead'],
  ];
  for (const [change, text] of rows) assert.equal(statusText(state(change), now), text);
});
