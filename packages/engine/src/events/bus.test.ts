import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventMessage } from '@berth/engine-api';
import { createEventBus } from './bus.ts';
import { eventMatcher } from './filter.ts';

const all = (): boolean => true;

async function drain(events: AsyncIterable<EventMessage>): Promise<string[]> {
  const actions: string[] = [];
  for await (const event of events) actions.push(event.Action);
  return actions;
}

test('a listener gets the past it asks for and what happens until it leaves', async () => {
  let now = 1_000n;
  const bus = createEventBus(() => now * 1_000_000n);
  bus.emit('container', 'create', 'a');
  now = 2_000n;
  bus.emit('container', 'start', 'a');
  const leave = new AbortController();
  const received = drain(bus.subscribe({ since: new Date(2_000), matches: all, signal: leave.signal }));
  bus.emit('container', 'die', 'a');
  leave.abort();
  bus.emit('container', 'destroy', 'a');
  assert.deepEqual(await received, ['start', 'die']);
  assert.equal(bus.listeners, 0);
});

test('the past is bounded and keeps the newest', async () => {
  const bus = createEventBus();
  for (let index = 0; index < 3000; index++) bus.emit('container', `a${index}`, 'x');
  const leave = new AbortController();
  const events = drain(bus.subscribe({ since: new Date(0), matches: all, signal: leave.signal }));
  leave.abort();
  const actions = await events;
  assert.equal(actions.length, 1024);
  assert.equal(actions.at(-1), 'a2999');
});

test('a stream with an end ends by itself', async () => {
  const bus = createEventBus();
  const events = drain(
    bus.subscribe({ until: new Date(Date.now() + 30), matches: all, signal: new AbortController().signal }),
  );
  bus.emit('image', 'pull', 'busybox');
  assert.deepEqual(await events, ['pull']);
  assert.equal(bus.listeners, 0);
});

test('filters choose by type, action, object, image and label', () => {
  const event: EventMessage = {
    Type: 'container',
    Action: 'exec_start: sh -c true',
    Actor: { ID: 'abcdef', Attributes: { image: 'busybox:latest', name: 'web', tier: 'front' } },
    scope: 'local',
    time: 1,
    timeNano: 1,
  };
  const rows: [Record<string, string[]>, boolean][] = [
    [{}, true],
    [{ type: ['container'] }, true],
    [{ type: ['image'] }, false],
    [{ event: ['exec_start'] }, true],
    [{ event: ['start'] }, false],
    [{ container: ['web'] }, true],
    [{ container: ['abc'] }, true],
    [{ container: ['other'] }, false],
    [{ image: ['busybox'] }, true],
    [{ image: ['busybox:latest'] }, true],
    [{ image: ['alpine'] }, false],
    [{ label: ['tier=front'] }, true],
    [{ label: ['tier=back'] }, false],
    [{ type: ['container'], event: ['die'] }, false],
  ];
  for (const [filters, expected] of rows) {
    assert.equal(eventMatcher(filters)(event), expected, JSON.stringify(filters));
  }
  assert.throws(() => eventMatcher({ colour: ['red'] }), { message: "invalid filter 'colour'" });
});
