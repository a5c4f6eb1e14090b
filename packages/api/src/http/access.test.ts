/** Nobody gets in without a session and the right origin, at any door. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { appRouter } from '../router.ts';
import { startConsole } from '../testing/console.ts';

interface Procedure {
  path: string;
  type: string;
  isPublic: boolean;
}

/** What tRPC keeps at run time: a flat list by dotted path, which its types do not say. */
type Registered = Record<string, { _def: { type: string; meta?: { public?: true } } }>;

/** Every procedure there is, from the router itself, so a new one cannot be forgotten here. */
const procedures = Object.entries(appRouter._def.procedures as unknown as Registered).map(
  ([path, { _def }]): Procedure => ({ path, type: _def.type, isPublic: _def.meta?.public === true }),
);

const PUBLIC = ['session.current', 'session.signIn', 'setup.createAdmin', 'setup.status'];

test('only set-up and sign-in are open', () => {
  assert.ok(procedures.length > 30);
  const open = procedures.filter(({ isPublic }) => isPublic).map(({ path }) => path);
  assert.deepEqual(open.sort(), PUBLIC);
});

test('every other procedure wants a session', async () => {
  await using place = await startConsole();
  const stranger = place.browser();
  for (const { path, type, isPublic } of procedures) {
    if (isPublic || type === 'subscription') continue;
    const answer = type === 'query' ? await stranger.query(path, {}) : await stranger.mutate(path, {});
    assert.equal(answer.status, 401, path);
  }
  assert.deepEqual(place.engine.calls, []);
});

test('every procedure refuses a foreign origin, and every mutation a missing one', async () => {
  await using place = await startConsole();
  const browser = place.browser();
  await browser.setUp();
  for (const { path, type } of procedures) {
    if (type === 'subscription') continue;
    browser.origin = 'http://evil.example';
    const foreign = type === 'query' ? await browser.query(path, {}) : await browser.mutate(path, {});
    assert.deepEqual([foreign.status, foreign.reason], [403, 'origin'], path);
    browser.origin = null;
    if (type === 'mutation') assert.equal((await browser.mutate(path, {})).status, 403, path);
  }
});

test('both sockets want session and origin', async () => {
  await using place = await startConsole();
  const browser = place.browser();
  const paths = ['/api/trpc', '/api/terminal'];
  for (const path of paths) assert.equal(await browser.socket(path), 401);
  await browser.setUp();
  for (const path of paths) {
    browser.origin = 'http://evil.example';
    assert.equal(await browser.socket(path), 403);
    browser.origin = null;
    assert.equal(await browser.socket(path), 403);
    browser.origin = place.base;
    const socket = await browser.socket(path);
    assert.ok(socket instanceof WebSocket);
    socket.terminate();
  }
});

test('plain routes want session and origin', async () => {
  await using place = await startConsole();
  const browser = place.browser();
  const logs = '/api/environments/local/containers/web/logs.txt';
  const load = '/api/environments/local/images/load';
  assert.equal((await browser.fetch(logs)).status, 401);
  assert.equal((await browser.fetch(load, { method: 'POST', body: 'tar' })).status, 401);
  await browser.setUp();
  browser.origin = null;
  assert.equal((await browser.fetch(load, { method: 'POST', body: 'tar' })).status, 403);
  assert.equal((await browser.fetch('/api/environments/..%2f/containers/x/logs.txt')).status, 400);
  assert.equal(
    (await browser.fetch('/api/environments/local/containers/..%2f..%2finfo/logs.txt')).status,
    400,
  );
  assert.equal((await browser.fetch(logs, { method: 'POST' })).status, 405);
});

test('signing out ends the open sockets and the cookie', async () => {
  await using place = await startConsole();
  const browser = place.browser();
  await browser.setUp();
  const stolen = place.browser();
  stolen.cookie = browser.cookie;
  const socket = await browser.socket('/api/trpc');
  assert.ok(socket instanceof WebSocket);
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  assert.equal((await browser.mutate('session.signOut')).status, 200);
  assert.equal(await closed, 4401);
  assert.equal((await stolen.query('session.me')).status, 401);
});

test('forwarded headers count only from a trusted proxy', async () => {
  await using plain = await startConsole();
  const headers = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'berth.example',
    origin: 'https://berth.example',
  };
  const call = async (base: string) =>
    await fetch(`${base}/api/trpc/session.signIn`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ json: { login: 'ada', password: 'x' } }),
    });
  assert.equal((await call(plain.base)).status, 403);
  await using proxied = await startConsole({ config: { trustedProxies: ['127.0.0.0/8'] } });
  assert.equal((await call(proxied.base)).status, 401);
});
