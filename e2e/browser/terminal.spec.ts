/** The terminal as people use it: fast, right after a resize, not lost with the network. */
import { Readable } from 'node:stream';
import { tarEnd, tarHeader, tarPadding } from '@berth/images';
import { expect, type Page, test } from '@playwright/test';
import { apiRequest } from '../lib/api-request.ts';
import { PrivateConsole } from '../lib/private-console.ts';
import { Relay } from '../lib/relay.ts';
import { signUp } from '../lib/sign-up.ts';
import { until } from '../lib/until.ts';
import { visit } from '../lib/visit.ts';

test.describe.configure({ mode: 'serial' });
// Recording a trace would be measured too.
test.use({ trace: 'off' });

let berth: PrivateConsole;
let relay: Relay;
let page: Page;
let address: string;

test.beforeAll(async ({ browser }) => {
  test.setTimeout(120_000);
  berth = await PrivateConsole.start();
  relay = await Relay.start(berth.port);
  address = `http://localhost:${relay.port}`;
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  page = await context.newPage();
  await signUp(page, { address, setupCode: berth.setupCode });
  await expect(page.getByRole('heading', { name: 'Host' })).toBeVisible();
  await openTerminal('shell', ['-d', '--name', 'shell', 'busybox', 'sleep', '1d']);
});
test.afterAll(async () => {
  await page?.context().close();
  await relay?.[Symbol.asyncDispose]();
  await berth?.[Symbol.asyncDispose]();
});

const screen = () => page.locator('.xterm-rows');
const state = () => page.getByTestId('terminal-state');

async function openTerminal(name: string, run: string[]): Promise<void> {
  const { stdout, stderr, code } = await berth.engine.docker('run', ...run);
  expect(code, stderr).toBe(0);
  await visit(page, `${address}/containers/${stdout.trim()}/terminal`);
  await expect(page.getByRole('heading', { name })).toBeVisible();
}

async function type(text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Terminal input' }).focus();
  await page.keyboard.type(text);
}

const share = (times: readonly number[], part: number): number =>
  times.toSorted((one, other) => one - other)[Math.floor(part * times.length)] ?? 0;
const figures = (times: readonly number[]): string =>
  `median ${share(times, 0.5).toFixed(1)} ms, p95 ${share(times, 0.95).toFixed(1)} ms, worst ${Math.max(...times).toFixed(1)} ms`;

test('a keystroke is on the screen at once', async () => {
  await expect(state()).toHaveText('connected');
  await type('cat >/dev/null\n');
  await expect(screen()).toContainText('cat >/dev/null');
  // From the key event to the changed text of the screen, both seen in the page.
  await page.evaluate(() => {
    const times: number[] = [];
    const onTheWire: number[] = [];
    let pressed: number | undefined;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
      const sent = performance.now();
      if (this.url.endsWith('/api/terminal'))
        this.addEventListener('message', () => onTheWire.push(performance.now() - sent), { once: true });
      send.call(this, data);
    };
    const rows = document.querySelector('.xterm-rows');
    if (!rows) throw new Error('the terminal draws no rows');
    let text = rows.textContent;
    document.addEventListener('keydown', () => (pressed = performance.now()), { capture: true });
    new MutationObserver(() => {
      if (pressed === undefined || rows.textContent === text) return;
      text = rows.textContent;
      times.push(performance.now() - pressed);
      pressed = undefined;
    }).observe(rows, { subtree: true, childList: true, characterData: true });
    Object.assign(window, { echoTimes: times, onTheWire });
  });
  const keys = 120;
  const counted = () => page.evaluate(() => (window as unknown as { echoTimes: number[] }).echoTimes.length);
  await page.getByRole('textbox', { name: 'Terminal input' }).focus();
  for (let key = 0; key < keys; key++) {
    await page.keyboard.press('abcdefgh'[key % 8] ?? 'a');
    await page.waitForFunction(
      (wanted) => (window as unknown as { echoTimes: number[] }).echoTimes.length >= wanted,
      key + 1,
    );
  }
  expect(await counted()).toBe(keys);
  const [drawn, wire] = await page.evaluate(() => {
    const { echoTimes, onTheWire } = window as unknown as { echoTimes: number[]; onTheWire: number[] };
    return [echoTimes, onTheWire] as const;
  });
  console.log(`    echo of ${keys} keys, key to screen: ${figures(drawn)}`);
  console.log(`    of that from sending the key to its echo arriving: ${figures(wire)}`);
  expect(share(drawn, 0.95)).toBeLessThan(100);
  await page.keyboard.press('Control+C');
});

test('copy and paste with Ctrl+Shift+C and V', async () => {
  await type('clear; echo copy-$((20+3))-me\n');
  const line = screen().locator('> div', { hasText: 'copy-23-me' }).last();
  await line
    .getByText('copy-23-me')
    .first()
    .dblclick({ position: { x: 20, y: 6 }, force: true });
  await page.keyboard.press('Control+Shift+C');
  await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toContain('copy');
  await page.evaluate(`navigator.clipboard.writeText('echo pasted-$((50+5))')`);
  await page.getByRole('textbox', { name: 'Terminal input' }).focus();
  await page.keyboard.press('Control+Shift+V');
  await page.keyboard.press('Enter');
  await expect(screen()).toContainText('pasted-55');
});

test('the program knows the size of the window', async () => {
  const size = async (label: string): Promise<[rows: number, columns: number]> => {
    await type(`clear; echo ${label}-$(stty size | tr ' ' x)-end\n`);
    const found = new RegExp(`${label}-(\\d+)x(\\d+)-end`);
    await expect(screen()).toContainText(found);
    const [, rows, columns] = found.exec((await screen().textContent()) ?? '') ?? [];
    return [Number(rows), Number(columns)];
  };
  const [rows, columns] = await size('big');
  await page.setViewportSize({ width: 900, height: 600 });
  await expect.poll(async () => (await size('small'))[1]).toBeLessThan(columns - 20);
  const [fewer] = await size('fewer');
  expect(fewer).toBeLessThan(rows - 5);
  await page.setViewportSize({ width: 1280, height: 800 });
  await expect.poll(() => size('again')).toEqual([rows, columns]);
});

test('a lost connection loses nothing', async () => {
  await type(
    'clear; i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo line-$i.; sleep 0.1; done >/dev/tty; echo all-$((30+3))\n',
  );
  await expect(screen()).toContainText('line-3.');
  relay.cut();
  await expect(state()).toHaveText('connection lost, trying again');
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  // Typed while it was away: waits, and is not lost either.
  await type('echo typed-$((70+7))-meanwhile\n');
  relay.mend();
  await expect(state()).toHaveText('connected');
  await expect(screen()).toContainText('all-33');
  await expect(screen()).toContainText('typed-77-meanwhile');
  // Scrolled up, every line is there, once and in order.
  const seen = new Set<number>();
  await page.getByRole('region', { name: 'Terminal of shell' }).hover();
  await until('every line has been seen', async () => {
    const text = (await screen().textContent()) ?? '';
    const numbers = [...text.matchAll(/line-(\d+)\./g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    for (const number of numbers) seen.add(number);
    await page.mouse.wheel(0, -100);
    return seen.size === 60;
  });
});

test('without a network for two seconds, then on', async () => {
  await type('clear; echo before-$((8*8))\n');
  await expect(screen()).toContainText('before-64');
  await page.context().setOffline(true);
  relay.hush();
  await type('echo while-$((9*9))-away\n');
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await page.context().setOffline(false);
  relay.mend();
  await expect(screen()).toContainText('while-81-away');
  await expect(state()).toHaveText('connected');
});

test('as another user', async () => {
  await page.getByLabel('User', { exact: true }).fill('65534');
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(state()).toHaveText('connected');
  await type('id\n');
  await expect(screen()).toContainText('uid=65534(nobody) gid=65534(nogroup)');
});

test('an unknown user and an ended program are said', async () => {
  await page.getByLabel('User', { exact: true }).fill('nobody-knows-me');
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(screen()).toContainText('nobody-knows-me');
  await expect(state()).toContainText('code 126');
  await page.getByLabel('User', { exact: true }).fill('');
  await page.getByRole('button', { name: 'Open a new terminal' }).click();
  await expect(state()).toHaveText('connected');
  await type('exit 3\n');
  await expect(state()).toContainText('code 3');
});

test('a container without a shell explains itself', async () => {
  const { stdout } = await berth.engine.docker('run', '--rm', 'busybox', 'base64', '/bin/busybox');
  const binary = Buffer.from(stdout, 'base64');
  const head = tarHeader({ name: 'busybox', size: binary.length, mode: 0o755 });
  const tar = Buffer.concat([head, binary, tarPadding(binary.length), tarEnd()]);
  const imported = await apiRequest(berth.engine.socketPath, {
    method: 'POST',
    path: '/images/create?fromSrc=-&repo=bare',
    body: Readable.from([tar]),
  });
  expect(imported.status, imported.text).toBe(200);
  await openTerminal('bare', ['-d', '--name', 'bare', 'bare', '/busybox', 'sleep', '1d']);
  await expect(page.getByText('This image has no shell')).toBeVisible();
});
