/** The console behind a real TLS proxy on another origin: what works, and what is said when it is not set up. */
import { once } from 'node:events';
import { request } from 'node:https';
import { type Browser, type BrowserContext, expect, type Page, test } from '@playwright/test';
import { freePort } from '../lib/free-port.ts';
import { PrivateConsole } from '../lib/private-console.ts';
import { signIn } from '../lib/sign-in.ts';
import { signUp } from '../lib/sign-up.ts';
import { TlsProxy } from '../lib/tls-proxy.ts';
import { visit } from '../lib/visit.ts';

interface Place extends AsyncDisposable {
  berth: PrivateConsole;
  proxy: TlsProxy;
  context: BrowserContext;
  page: Page;
}

/** @param settings what the console is told about the proxy at this origin */
async function behindProxy(
  browser: Browser,
  forwardedHeaders: boolean,
  settings: (origin: string) => Record<string, string>,
): Promise<Place> {
  await using undo = new AsyncDisposableStack();
  const port = await freePort();
  const berth = undo.use(await PrivateConsole.start(settings(`https://localhost:${port}`)));
  const proxy = undo.use(await TlsProxy.start({ port, target: berth.port, forwardedHeaders }));
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  undo.defer(() => context.close());
  const page = await context.newPage();
  const owned = undo.move();
  return { berth, proxy, context, page, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function signedUp(page: Page, place: { address: string; setupCode: string }): Promise<void> {
  const inside = page.getByRole('link', { name: /0 running/ });
  await expect(async () => {
    await visit(page, `${place.address}/setup`);
    const form = page.getByRole('form', { name: 'Create the administrator' });
    await expect(form.or(inside)).toBeVisible({ timeout: 10_000 });
    if (await form.isVisible()) await signUp(page, place);
    await expect(inside).toBeVisible({ timeout: 10_000 });
  }).toPass({ timeout: 60_000 });
}

const fact = (page: Page, label: string) =>
  page.getByTestId('self-check').locator('> div', { hasText: label });

/** Status of a request that asks for an upgrade (or not), with headers of one's own. */
async function statusOf(url: string, headers: Record<string, string>, upgrade: boolean): Promise<number> {
  const asked = upgrade
    ? {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16, 7).toString('base64'),
      }
    : {};
  const outgoing = request(url, { rejectUnauthorized: false, headers: { ...asked, ...headers } });
  const upgraded = new Promise<number>((resolve) => {
    outgoing.once('upgrade', (answer, socket) => {
      socket.destroy();
      resolve(answer.statusCode ?? 0);
    });
    outgoing.once('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
  });
  outgoing.end();
  const failed = once(outgoing, 'error').then(([error]) => Promise.reject(error));
  const status = await Promise.race([upgraded, failed]);
  failed.catch(() => undefined);
  return status;
}

test('set up for its proxy, everything works under the proxy’s origin', async ({ browser }) => {
  test.setTimeout(180_000);
  await using place = await behindProxy(browser, true, (origin) => ({
    BERTH_ORIGIN: origin,
    BERTH_TRUSTED_PROXIES: '127.0.0.1',
  }));
  const { berth, proxy, context, page } = place;
  const { origin } = proxy;

  await test.step('sign up, out and in again', async () => {
    await signedUp(page, { address: origin, setupCode: berth.setupCode });
    await page.getByRole('button', { name: 'Account of ada' }).click();
    await page.getByRole('menuitem', { name: /Sign out/ }).click();
    await expect(page).toHaveURL(/\/login/);
    await signIn(page);
    await expect(page.getByRole('heading', { name: 'Host' })).toBeVisible();
    const cookie = (await context.cookies(origin)).find(({ name }) => name.endsWith('.session_token'));
    expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Lax' });
  });

  await test.step('the table lives, through the WebSocket', async () => {
    await visit(page, `${origin}/containers`, page.getByText('No containers yet'));
    const { stderr, code } = await berth.engine.docker(
      'run',
      '-d',
      '--name',
      'proxied',
      'busybox',
      'sleep',
      '1d',
    );
    expect(code, stderr).toBe(0);
    await expect(page.getByRole('row', { name: /proxied/ })).toContainText('running');
  });

  await test.step('a terminal', async () => {
    await page.getByRole('link', { name: 'proxied' }).click();
    await page.getByRole('link', { name: 'Terminal', exact: true }).click();
    await expect(page.getByTestId('terminal-state')).toHaveText('connected');
    await page.getByRole('textbox', { name: 'Terminal input' }).focus();
    await page.keyboard.type('echo through-$((40+2))\n');
    await expect(page.getByRole('region', { name: 'Terminal of proxied' })).toContainText('through-42');
  });

  await test.step('the self-check agrees', async () => {
    await visit(page, `${origin}/settings/self-check`, page.getByTestId('self-check'));
    await expect(fact(page, 'Address in this browser')).toContainText(origin);
    await expect(fact(page, 'Origin')).toContainText(`${origin}, good`);
    await expect(fact(page, 'Scheme')).toContainText('https, good');
    await expect(fact(page, 'Forwarded headers')).toContainText('x-forwarded-proto: https');
    await expect(fact(page, 'Session cookie')).toContainText('Secure');
    await expect(fact(page, 'WebSocket from this browser')).toContainText('Opened in');
    await expect(page.getByTestId('self-check')).not.toContainText(/wrong|worth a look/);
  });

  await test.step('sockets and files want the session and the right origin', async () => {
    const cookies = await context.cookies(origin);
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const log = `${origin}/api/environments/local/containers/proxied/logs.txt`;
    for (const path of ['/api/trpc', '/api/terminal']) {
      const url = origin + path;
      expect(await statusOf(url, { origin }, true), `${path} without a session`).toBe(401);
      expect(await statusOf(url, { origin: 'https://evil.example', cookie }, true), path).toBe(403);
      expect(await statusOf(url, { cookie }, true), `${path} without an origin`).toBe(403);
      expect(await statusOf(url, { origin, cookie }, true), path).toBe(101);
    }
    expect(await statusOf(log, {}, false)).toBe(401);
    expect(await statusOf(log, { origin: 'https://evil.example', cookie }, false)).toBe(403);
    expect(await statusOf(log, { 'sec-fetch-site': 'cross-site', cookie }, false)).toBe(403);
    expect(await statusOf(log, { cookie }, false)).toBe(200);
  });
});

test('without the setting it refuses, and says which one', async ({ browser }) => {
  test.setTimeout(180_000);
  await using place = await behindProxy(browser, true, () => ({}));
  const { berth, proxy, page } = place;
  const advice = `BERTH_ORIGIN=${proxy.origin}`;

  await signUp(page, { address: proxy.origin, setupCode: berth.setupCode });
  await expect(page.getByRole('alert').filter({ hasText: advice })).toBeVisible();

  // Straight to the console it works: that is how one gets to the self-check.
  await signedUp(page, berth);
  await page.getByRole('button', { name: 'Account of ada' }).click();
  await page.getByRole('menuitem', { name: /Sign out/ }).click();
  await expect(page).toHaveURL(/\/login/);

  await visit(page, `${proxy.origin}/login`);
  await signIn(page);
  await expect(page.getByRole('alert').filter({ hasText: advice })).toBeVisible();

  await visit(page, `${berth.address}/login`);
  await signIn(page);
  await expect(page.getByRole('heading', { name: 'Host' })).toBeVisible();
  // Cookies know no ports, so the session holds behind the proxy too; what it lacks is the right origin.
  await visit(page, `${proxy.origin}/settings/self-check`, page.getByTestId('self-check'));
  await expect(fact(page, 'Origin')).toContainText(advice);
  await expect(fact(page, 'Forwarded headers')).toContainText('BERTH_TRUSTED_PROXIES=127.0.0.1');
  await expect(fact(page, 'WebSocket from this browser')).toContainText('Refused');
});
