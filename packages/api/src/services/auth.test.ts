import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD, SETUP_CODE, startConsole } from '../testing/console.ts';
import { randomSetupCode, sameSetupCode } from './setup-code.ts';
import { createThrottle, networkOf } from './throttle.ts';

test('the set-up code makes one administrator, who is signed in, and then nothing more', async () => {
  await using place = await startConsole();
  const browser = place.browser();
  assert.deepEqual((await browser.query('setup.status')).data, { needed: true });
  const wrong = await browser.mutate('setup.createAdmin', {
    code: 'nope',
    username: 'eve',
    password: PASSWORD,
  });
  assert.equal(wrong.status, 403);
  assert.deepEqual(
    wrong.fields?.map(({ path }) => path),
    ['code'],
  );

  const typed = SETUP_CODE.toLowerCase().replace('-', ' ');
  const right = await browser.mutate('setup.createAdmin', {
    code: typed,
    username: 'Ada',
    password: PASSWORD,
  });
  assert.equal(right.status, 200);
  assert.equal((await browser.query('session.me')).status, 200);

  const second = await place
    .browser()
    .mutate('setup.createAdmin', { code: SETUP_CODE, username: 'eve', password: PASSWORD });
  assert.deepEqual([second.status, second.reason], [403, 'set-up-done']);
  assert.deepEqual((await browser.query('setup.status')).data, { needed: false });
});

test('two right codes at once make one administrator', async () => {
  await using place = await startConsole();
  const attempts = ['ada', 'eve', 'bob'].map((username) =>
    place.browser().mutate('setup.createAdmin', { code: SETUP_CODE, username, password: PASSWORD }),
  );
  const statuses = (await Promise.all(attempts)).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), [200, 403, 403]);
});

test('guessing the set-up code is slowed down', async () => {
  await using place = await startConsole();
  const browser = place.browser();
  const guess = (code: string) =>
    browser.mutate('setup.createAdmin', { code, username: 'eve', password: PASSWORD });
  for (let count = 0; count < 5; count += 1) assert.equal((await guess(`guess ${count}`)).status, 403);
  assert.equal((await guess(SETUP_CODE)).status, 429);
  place.passS(3600);
  assert.equal((await guess(SETUP_CODE)).status, 200);
});

test('guessing passwords is slowed down, longer each time, and the right one is let in afterwards', async () => {
  await using place = await startConsole();
  await place.browser().setUp();
  const browser = place.browser();
  const login = (password: string) => browser.mutate('session.signIn', { login: 'ADA', password });
  for (let count = 0; count < 5; count += 1) {
    const answer = await login(`guess ${count}`);
    assert.deepEqual([answer.status, answer.reason], [401, 'credentials']);
  }
  const blocked = await login(PASSWORD);
  assert.deepEqual([blocked.status, blocked.reason], [429, 'throttled']);
  place.passS(2);
  assert.equal((await login('guess again')).status, 401);
  place.passS(1);
  assert.equal((await login(PASSWORD)).status, 429);
  place.passS(60);
  assert.equal((await login(PASSWORD)).status, 200);
});

test('an unknown user and a wrong password are answered alike', async () => {
  await using place = await startConsole();
  await place.browser().setUp();
  const unknown = await place.browser().mutate('session.signIn', { login: 'nobody', password: PASSWORD });
  const wrong = await place.browser().mutate('session.signIn', { login: 'ada', password: 'something else' });
  assert.deepEqual(unknown, wrong);
});

test('the cookie is for this server only, and Secure behind https', async () => {
  await using place = await startConsole({ config: { trustedProxies: ['127.0.0.1'] } });
  await place.browser().setUp();
  const login = (headers: Record<string, string>) =>
    fetch(`${place.base}/api/trpc/session.signIn`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ json: { login: 'ada', password: PASSWORD } }),
    });
  const [plain = ''] = (await login({ origin: place.base })).headers.getSetCookie();
  assert.match(plain, /HttpOnly; SameSite=Lax$/);
  const host = new URL(place.base).host;
  const secure = await login({ origin: `https://${host}`, 'x-forwarded-proto': 'https' });
  assert.match(secure.headers.getSetCookie()[0] ?? '', /; Secure$/);
});

test('a new password ends the sessions elsewhere, not this one', async () => {
  await using place = await startConsole();
  const here = place.browser();
  await here.setUp();
  const elsewhere = place.browser();
  await elsewhere.mutate('session.signIn', { login: 'ada', password: PASSWORD });
  const refused = await here.mutate('session.changePassword', {
    currentPassword: 'wrong',
    newPassword: 'another long one',
  });
  assert.deepEqual(
    refused.fields?.map(({ path }) => path),
    ['currentPassword'],
  );
  const change = { currentPassword: PASSWORD, newPassword: 'another long one' };
  assert.equal((await here.mutate('session.changePassword', change)).status, 200);
  assert.equal((await here.query('session.me')).status, 200);
  assert.equal((await elsewhere.query('session.me')).status, 401);
});

test('set-up codes are long and compare without regard to form', () => {
  const code = randomSetupCode();
  assert.match(code, /^([A-Z2-9]{5}-){3}[A-Z2-9]{5}$/);
  assert.notEqual(code, randomSetupCode());
  assert.ok(sameSetupCode(` ${code.toLowerCase().replaceAll('-', '')} `, code));
  assert.ok(!sameSetupCode(code.slice(1), code));
});

test('an IPv6 client is throttled by its network, an IPv4 client by its address', () => {
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(networkOf('2001:db8:1:2::1'), networkOf('2001:0db8:1:2:ffff::'));
  assert.notEqual(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'));
  assert.equal(networkOf('::1'), '0:0:0:0::/64');
  assert.equal(networkOf('192.0.2.1'), '192.0.2.1');
});

test('a flood of other keys does not push out a counter in use', () => {
  const throttle = createThrottle({ now: () => 0 });
  const limit = { key: 'login ada', free: 50, maxWaitS: 30 };
  for (let at = 0; at < 49; at++) {
    throttle.attempt([limit]);
    for (let other = 0; other < 1_000; other++)
      throttle.attempt([{ key: `${at} ${other}`, free: 9, maxWaitS: 1 }]);
  }
  throttle.attempt([limit]);
  assert.throws(() => throttle.attempt([limit]), /Too many attempts/);
});
