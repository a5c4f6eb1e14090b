import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStats } from '@berth/engine-api';
import { createHarness } from '../testing/harness.ts';

async function first(stats: AsyncIterable<ContainerStats>): Promise<ContainerStats> {
  for await (const sample of stats) return sample;
  assert.fail('there was no sample');
}

const signal = new AbortController().signal;

test('a sample has the shape Docker gives it', async () => {
  await using harness = await createHarness();
  const id = await harness.create({}, 'web');
  await harness.start(id);
  const sample = await first(
    harness.engine.containers.stats('web', { stream: false, oneShot: true, signal }),
  );
  assert.equal(sample.name, '/web');
  assert.equal(sample.preread, '0001-01-01T00:00:00Z');
  assert.deepEqual(sample.cpu_stats.cpu_usage, {
    total_usage: 5000,
    percpu_usage: [4000, 1000],
    usage_in_kernelmode: 2000,
    usage_in_usermode: 3000,
  });
  assert.ok((sample.cpu_stats.system_cpu_usage ?? 0) > 1e9);
  assert.deepEqual(sample.memory_stats, {
    usage: 4096,
    max_usage: 8192,
    stats: { cache: 1 },
    limit: 64 * 1024 * 1024,
  });
  assert.deepEqual(sample.blkio_stats.io_service_bytes_recursive, [
    { major: 8, minor: 0, op: 'read', value: 512 },
  ]);
});

test('a container that does not run has zeros', async () => {
  await using harness = await createHarness();
  const id = await harness.create();
  const sample = await first(harness.engine.containers.stats(id, { stream: false, oneShot: false, signal }));
  assert.deepEqual(sample.memory_stats, {});
  assert.equal(sample.cpu_stats.cpu_usage.total_usage, 0);
});

test('watchers share one sampler, which ends with the last of them', async () => {
  await using harness = await createHarness();
  const id = await harness.create();
  await harness.start(id);
  let samples = 0;
  const { cgroup } = harness.runtime.last;
  const stats = cgroup.stats.bind(cgroup);
  cgroup.stats = () => {
    samples += 1;
    return stats();
  };
  const leave = new AbortController();
  const watch = () =>
    harness.engine.containers.stats(id, { stream: true, oneShot: false, signal: leave.signal });
  await Promise.all([first(watch()), first(watch())]);
  assert.equal(samples, 1);
});
