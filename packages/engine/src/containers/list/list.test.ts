import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filters } from '@berth/engine-api';
import { fakeImage } from '../../testing/fakes.ts';
import { createHarness } from '../../testing/harness.ts';

test('filters choose containers as Docker does', async () => {
  await using harness = await createHarness();
  const web = await harness.create({ Labels: { tier: 'front' }, ExposedPorts: { '80/tcp': {} } }, 'web-1');
  const db = await harness.create(
    { HostConfig: { Binds: ['data:/var'], NetworkMode: 'none', PortBindings: { '53/udp': [] } } },
    'db-1',
  );
  const done = await harness.create({}, 'done');
  await harness.start(web);
  await harness.start(done);
  const { result } = await harness.engine.containers.wait(done, 'next-exit', new AbortController().signal);
  harness.runtime.last.end(2);
  await result;

  const names = async (filters: Filters, all = true): Promise<string> => {
    const found = await harness.engine.containers.list({ all, limit: undefined, size: false, filters });
    return found
      .map(({ Names }) => Names[0])
      .sort()
      .join(' ');
  };
  const rows: [Filters, string][] = [
    [{}, '/db-1 /done /web-1'],
    [{ status: ['running'] }, '/web-1'],
    [{ status: ['created', 'exited'] }, '/db-1 /done'],
    [{ name: ['-1$'] }, '/db-1 /web-1'],
    [{ name: ['^/web'] }, '/web-1'],
    [{ name: ['(((('] }, ''],
    [{ id: [db.slice(0, 10)] }, '/db-1'],
    [{ label: ['tier'] }, '/web-1'],
    [{ label: ['tier=front', 'from=image'] }, '/web-1'],
    [{ label: ['tier=back'] }, ''],
    [{ ancestor: ['busybox'] }, '/db-1 /done /web-1'],
    [{ ancestor: [fakeImage.id] }, '/db-1 /done /web-1'],
    [{ ancestor: ['other'] }, ''],
    [{ exited: ['2'] }, '/done'],
    [{ volume: ['data'] }, '/db-1'],
    [{ volume: ['/var'] }, '/db-1'],
    [{ network: ['none'] }, '/db-1'],
    [{ publish: ['53/udp'] }, '/db-1'],
    [{ expose: ['80'] }, '/web-1'],
    [{ health: ['none'] }, '/db-1 /done /web-1'],
    [{ 'is-task': ['true'] }, ''],
  ];
  for (const [filters, expected] of rows)
    assert.equal(await names(filters), expected, JSON.stringify(filters));
  assert.equal(await names({}, false), '/web-1');
  assert.equal(await names({ status: ['exited'] }, false), '/done');
  await assert.rejects(names({ colour: ['red'] }), /invalid filter 'colour'/);
  await assert.rejects(names({ status: ['dancing'] }), { kind: 'invalid-parameter' });
  await assert.rejects(names({ before: ['nosuch'] }), /No such container: nosuch/);
});

test('a summary shows command, state and ports', async () => {
  await using harness = await createHarness();
  const id = await harness.create({
    Cmd: ['sh', '-c', 'echo hi'],
    HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } },
  });
  await harness.start(id);
  const [summary] = await harness.engine.containers.list({
    all: false,
    limit: undefined,
    size: true,
    filters: {},
  });
  assert.equal(summary?.Command, "sh -c 'echo hi'");
  assert.match(summary?.Status ?? '', /^Up /);
  assert.deepEqual(summary?.Ports, [{ IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }]);
  assert.deepEqual([summary?.SizeRw, summary?.SizeRootFs], [10, 110]);
  assert.equal(summary?.NetworkSettings.Networks.bridge?.IPAddress, '172.17.0.2');
});
