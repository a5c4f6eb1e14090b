import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEnv } from './env.ts';

test('without settings the console listens on loopback and keeps its data in the user’s folder', () => {
  const env = readEnv({ XDG_DATA_HOME: '/home/ada/data', BERTH_ORIGIN: '' });
  assert.deepEqual([env.host, env.port, env.dataDir], ['127.0.0.1', 23784, '/home/ada/data/berth-console']);
  assert.equal(env.setupCode, undefined);
});

test('lists are split, origins brought to their plain form', () => {
  const env = readEnv({
    BERTH_ORIGIN: 'https://Berth.Example/, http://x:81',
    BERTH_TRUSTED_PROXIES: ' 10.0.0.0/8 ,',
  });
  assert.deepEqual(env.origins, ['https://berth.example', 'http://x:81']);
  assert.deepEqual(env.trustedProxies, ['10.0.0.0/8']);
});

test('a wrong setting is named', () => {
  assert.throws(() => readEnv({ BERTH_CONSOLE_PORT: '99999' }), /BERTH_CONSOLE_PORT/);
  assert.throws(() => readEnv({ BERTH_ORIGIN: 'berth.example' }), /BERTH_ORIGIN: .*not an origin/);
});
