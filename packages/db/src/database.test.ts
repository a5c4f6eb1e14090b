import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createDatabase } from './database.ts';

async function scratch(): Promise<AsyncDisposable & { file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-db-'));
  return {
    file: join(folder, 'new', 'console.db'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

test('the first opening migrates, the next finds nothing to do and the data still there', async () => {
  await using place = await scratch();
  {
    await using database = await createDatabase(place);
    assert.ok(database.migrated.length > 0);
    await database.client.setting.create({ data: { key: 'theme', value: 'dark' } });
  }
  await using database = await createDatabase(place);
  assert.deepEqual(database.migrated, []);
  assert.equal((await database.client.setting.findUnique({ where: { key: 'theme' } }))?.value, 'dark');
});

test('only its owner may read the file', async () => {
  await using place = await scratch();
  await using database = await createDatabase(place);
  await database.client.setting.count();
  assert.equal((await stat(place.file)).mode & 0o777, 0o600);
});

test('a user goes with sessions and accounts', async () => {
  await using place = await scratch();
  await using database = await createDatabase(place);
  const { client } = database;
  await client.user.create({ data: { id: 'u', name: 'Ada', email: 'ada@example.org' } });
  await client.session.create({ data: { id: 's', token: 't', userId: 'u', expiresAt: new Date() } });
  await client.user.delete({ where: { id: 'u' } });
  assert.equal(await client.session.count(), 0);
});
