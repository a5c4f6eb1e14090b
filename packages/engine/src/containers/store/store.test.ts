import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHarness } from '../../testing/harness.ts';
import { randomName } from './names.ts';

test('containers are found by id, name and unique beginning of the id', async () => {
  await using harness = await createHarness();
  const ids = [];
  for (let index = 0; index < 17; index++) ids.push(await harness.create());
  const [first = ''] = ids;
  assert.equal((await harness.inspect(first)).Id, first);
  assert.equal((await harness.inspect(`/${(await harness.inspect(first)).Name.slice(1)}`)).Id, first);
  assert.equal((await harness.inspect(first.slice(0, 16))).Id, first);
  // Of 17 hex ids two at least begin with the same digit.
  const digits = ids.map((id) => id[0] ?? '');
  const shared = digits.find((digit, index) => digits.indexOf(digit) !== index) ?? '';
  await assert.rejects(harness.inspect(shared), { kind: 'invalid-parameter', message: /Multiple IDs found/ });
  for (const wrong of ['', 'nosuch', '../../etc', '%2e%2e%2f']) {
    await assert.rejects(harness.inspect(wrong), { message: `No such container: ${wrong}` });
  }
});

test('the next daemon knows every container, and clears away one that was half made', async () => {
  const first = await createHarness();
  const id = await first.create({ Env: ['A=1'], HostConfig: { Memory: 64 << 20 } }, 'web');
  await first.engine.close({ stopContainers: false });
  const halfMade = join(first.dataRoot, 'containers', 'f'.repeat(64));
  await mkdir(halfMade);
  await writeFile(join(halfMade, 'hostconfig.json'), '{}');

  await using second = await createHarness(first.dataRoot);
  const { Id, Config, HostConfig } = await second.inspect('web');
  assert.equal(Id, id);
  assert.ok(Config.Env?.includes('A=1'));
  assert.equal(HostConfig.Memory, 64 << 20);
  assert.deepEqual(await readdir(join(first.dataRoot, 'containers')), [id]);
});

test('made-up names are valid and never taken', () => {
  const taken = new Set<string>();
  for (let index = 0; index < 500; index++) {
    const name = randomName((candidate) => taken.has(candidate));
    assert.match(name, /^[a-z]+_[a-z]+\d*$/);
    assert.ok(!taken.has(name));
    taken.add(name);
  }
});
