import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDockerClient } from '@berth/docker-client';
import type { ContainersUpdate } from '../schemas/live.ts';
import { startConsole, type TestConsole } from '../testing/console.ts';
import { fakeId } from '../testing/fake-engine.ts';
import { toneOf } from './container-row.ts';
import { createHub } from './hub.ts';
import { limitsOf, updateBody } from './limits.ts';
import { createLive } from './live.ts';
import { engineTime, sortableTime } from './logs.ts';

function populate({ engine }: TestConsole, names: string[]): void {
  names.forEach((name, index) => {
    engine.containers.set(name, { id: fakeId(String(index)), name, state: 'exited' });
  });
}

test('a bulk action reports on each, and one refusal spoils nothing', async () => {
  await using place = await startConsole();
  populate(place, ['one', 'two']);
  const browser = place.browser();
  await browser.setUp();
  const answer = await browser.mutate('containers.act', {
    ids: [fakeId('0'), 'gone', 'two'],
    action: 'start',
  });
  assert.deepEqual(answer.data, {
    results: [
      { id: fakeId('0'), name: 'one', ok: true, message: null },
      { id: 'gone', name: 'gone', ok: false, message: 'No such container' },
      { id: 'two', name: 'two', ok: true, message: null },
    ],
  });
});

test('form errors name every wrong field', async () => {
  await using place = await startConsole();
  const browser = place.browser();
  await browser.setUp();
  const answer = await browser.mutate('containers.create', {
    image: '',
    name: '!',
    env: [{ name: 'A=B' }],
    volumes: [{ kind: 'bind', source: 'relative', target: '/x' }],
  });
  assert.equal(answer.status, 400);
  const paths = answer.fields?.map(({ path }) => path);
  for (const path of ['image', 'name', 'env.0.name', 'volumes.0.source'])
    assert.ok(paths?.includes(path), path);
});

test('references that lead elsewhere are refused before the engine is asked', async () => {
  await using place = await startConsole();
  const browser = place.browser();
  await browser.setUp();
  for (const id of ['../info', 'a/../../info', '..', 'x?y', '%2e%2e%2f', 'a b', ''])
    assert.equal((await browser.query('containers.inspect', { id })).status, 400, id);
  assert.deepEqual(place.engine.calls, []);
});

test('an engine that does not answer is told apart', async () => {
  await using place = await startConsole({ config: { engine: 'unix:///nonexistent/engine.sock' } });
  const browser = place.browser();
  await browser.setUp();
  const answer = await browser.query('containers.list', {});
  assert.deepEqual([answer.status, answer.reason], [503, 'engine-offline']);
});

test('one event stream serves all viewers, and none is open without one', async () => {
  await using place = await startConsole();
  populate(place, ['one']);
  const { engine } = place;
  using client = createDockerClient({ host: engine.endpoint });
  const live = createLive(client, createHub(client));
  const stop = new AbortController();
  const tables = [live.containers(stop.signal), live.containers(stop.signal)].map((table) =>
    table[Symbol.asyncIterator](),
  );
  const next = async (table: AsyncIterator<ContainersUpdate>, type: ContainersUpdate['type']) => {
    for (;;) {
      const { value, done } = await table.next();
      assert.ok(!done);
      if (value.type === type) return value;
    }
  };
  for (const table of tables) await next(table, 'snapshot');
  while (engine.eventStreams.size === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(engine.eventStreams.size, 1);

  const [container] = engine.containers.values();
  assert.ok(container);
  container.state = 'running';
  engine.emit('start', container);
  for (const table of tables) {
    const update = await next(table, 'upsert');
    assert.equal(update.type === 'upsert' && update.row.state, 'running');
  }
  const closed = new Promise<void>((resolve) => [...engine.eventStreams][0]?.once('close', resolve));
  stop.abort();
  for (const table of tables) await table.return?.();
  await closed;
  assert.equal(engine.eventStreams.size, 0);
});

test('states are coloured as people expect', () => {
  const row = { state: 'exited', health: 'none', exitCode: 0, oomKilled: false } as const;
  assert.equal(toneOf(row), 'stopped');
  assert.equal(toneOf({ ...row, exitCode: 1 }), 'failed');
  assert.equal(toneOf({ ...row, exitCode: 137 }), 'stopped');
  assert.equal(toneOf({ ...row, exitCode: 137, oomKilled: true }), 'failed');
  assert.equal(toneOf({ ...row, state: 'running', health: 'unhealthy' }), 'failed');
});

test('limits: swap follows memory, and no limit is said as the engine understands it', () => {
  const MIB = 2 ** 20;
  const present = { Memory: 256 * MIB, MemorySwap: 512 * MIB, NanoCpus: 5e8 };
  const dockerd = { cpus: 4, memoryBytes: 8192 * MIB, minusOneIsUnlimited: false };
  const berth = { ...dockerd, minusOneIsUnlimited: true };
  const input = { environment: 'local', id: 'x' };
  assert.deepEqual(updateBody({ ...input, memoryBytes: 64 * MIB }, present, berth), {
    Memory: 64 * MIB,
    MemorySwap: 320 * MIB,
  });
  assert.deepEqual(updateBody({ ...input, cpus: null }, present, berth), { NanoCpus: -1 });
  assert.deepEqual(updateBody({ ...input, cpus: null }, present, dockerd), { NanoCpus: 4e9 });
  assert.deepEqual(updateBody({ ...input, cpus: 0.5 }, { CpuQuota: 1, CpuPeriod: 50_000 }, dockerd), {
    CpuPeriod: 50_000,
    CpuQuota: 25_000,
  });
  assert.equal(limitsOf({ CpuQuota: 25_000, CpuPeriod: 50_000 }).cpus, 0.5);
});

test('log times sort as text and go to the engine exactly', () => {
  assert.equal(sortableTime('2026-01-02T03:04:05.1Z'), '2026-01-02T03:04:05.100000000Z');
  assert.equal(engineTime('2026-01-02T03:04:05.000000123Z'), '1767323045.000000123');
});
