/** The main story, in a real browser against the real engine, as a user does it after `npm start`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { instanceOf } from '@berth/engine-api';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { PrivateConsole } from '../lib/private-console.ts';
import { signUp } from '../lib/sign-up.ts';
import { until } from '../lib/until.ts';
import { visit } from '../lib/visit.ts';

test.describe.configure({ mode: 'serial' });

let berth: PrivateConsole;
let page: Page;
/** Three loops: more than half a core also on a machine that is busy with other things. */
const busyLoop =
  "sh -c 'spin() { while :; do :; done; }; spin & spin & i=0; while :; do i=$((i+1)); [ $((i%300000)) = 0 ] && echo turn $i; done'";

test.beforeAll(async ({ browser }) => {
  test.setTimeout(120_000);
  berth = await PrivateConsole.start();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
});
test.afterAll(async () => {
  await page?.context().close();
  await berth?.[Symbol.asyncDispose]();
});

async function expectAccessible(): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
}

/** Presses the slider's handle and moves it, as a hand would, until the field beside it shows `wanted`. */
async function dragTo(slider: Locator, field: Locator, wanted: number): Promise<void> {
  const handle = await slider.boundingBox();
  const track = await slider.locator('..').boundingBox();
  if (!handle || !track) throw new Error('the slider is not on the page');
  const y = handle.y + handle.height / 2;
  await page.mouse.move(handle.x + handle.width / 2, y);
  await page.mouse.down();
  let [low, high] = [track.x, track.x + track.width * 0.9];
  for (let tries = 0; tries < 24; tries++) {
    const x = (low + high) / 2;
    await page.mouse.move(x, y, { steps: 2 });
    const value = Number.parseFloat(await field.inputValue());
    if (Math.abs(value - wanted) < 1e-6) break;
    if (value < wanted) low = x;
    else high = x;
  }
  await page.mouse.up();
  expect(Number.parseFloat(await field.inputValue())).toBeCloseTo(wanted, 6);
}

/** Cores used, from the kernel's own counter over two seconds. */
async function measuredCores(id: string): Promise<number> {
  const file = `/sys/fs/cgroup/cpuacct/berth-${instanceOf(berth.engine.dataRoot)}/${id}/cpuacct.usage`;
  const usage = async (): Promise<bigint> => BigInt((await readFile(file, 'utf8')).trim());
  const [started, before] = [process.hrtime.bigint(), await usage()];
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const used = (await usage()) - before;
  return Number(used) / Number(process.hrtime.bigint() - started);
}

const containerId = (): string => /containers\/([0-9a-f]{64})/.exec(page.url())?.[1] ?? '';

test('a wrong set-up code opens nothing, the right one makes the administrator', async () => {
  await visit(page, berth.address);
  await expect(page).toHaveURL(/\/setup$/);
  await expectAccessible();
  await signUp(page, { ...berth, setupCode: 'not-the-code-at-all' });
  await expect(page.getByLabel('Set-up code')).toHaveAttribute('aria-invalid', 'true');
  await signUp(page, berth);
  await expect(page.getByRole('link', { name: /0 running/ })).toBeVisible();
  await expectAccessible();
});

test('sign out and in again', async () => {
  await page.getByRole('button', { name: 'Account of ada' }).click();
  await page.getByRole('menuitem', { name: /Sign out/ }).click();
  await expect(page).toHaveURL(/\/login/);
  await expectAccessible();
  await page.getByLabel('User name').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Host' })).toBeVisible();
});

test('create a container and watch it start', async () => {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Containers' }).click();
  await page.getByRole('link', { name: 'Create container' }).first().click();
  await page.getByRole('button', { name: 'Create and start' }).click();
  await expect(page.getByRole('combobox', { name: 'Image' })).toHaveAttribute('aria-invalid', 'true');
  await page.getByRole('combobox', { name: 'Image' }).fill('busybox:latest');
  await page.getByRole('textbox', { name: /^Name/ }).fill('story');
  await page.getByRole('textbox', { name: /^Command/ }).fill(busyLoop);
  await expectAccessible();
  await page.getByRole('button', { name: 'Create and start' }).click();
  await expect(page.getByRole('heading', { name: 'story' })).toBeVisible();
  await expect(page.getByRole('main').getByText('running').first()).toBeVisible();
  expect(containerId()).not.toBe('');
  await expectAccessible();
});

test('type in its terminal and read the answer, also after a reload', async () => {
  await page.getByRole('link', { name: 'Terminal', exact: true }).click();
  const terminal = page.getByRole('region', { name: 'Terminal of story' });
  await expect(page.getByRole('status').filter({ hasText: 'connected' })).toBeVisible();
  const input = page.getByRole('textbox', { name: 'Terminal input' });
  await input.focus();
  await page.keyboard.type('X=$((6*7)); echo answer-$X on $HOSTNAME\n');
  await expect(terminal).toContainText(`answer-42 on ${containerId().slice(0, 12)}`);
  await page.reload();
  await expect(terminal).toContainText('answer-42');
  await input.focus();
  await page.keyboard.type('echo kept-$X\n');
  await expect(terminal).toContainText('kept-42');
});

test('follow its logs, stay where one scrolled to', async () => {
  await page.getByRole('link', { name: 'Logs', exact: true }).click();
  const log = page.getByRole('log', { name: 'Logs of story' });
  await expect(log).toContainText(/turn \d+00000/);
  const lines = async () => (await log.textContent())?.split('turn').length ?? 0;
  const seen = await lines();
  await expect.poll(lines, { timeout: 30_000 }).toBeGreaterThan(seen);
  await expectAccessible();
});

test('drag CPU to half a core: the measured usage falls to 50 %', async () => {
  const id = containerId();
  await page.getByRole('link', { name: 'Limits', exact: true }).click();
  await until('the loops use most of a core', async () => (await measuredCores(id)) > 0.6, 60_000);
  await dragTo(page.getByRole('slider', { name: 'CPU' }), page.getByRole('textbox', { name: 'CPU' }), 0.5);
  await expect(page.getByTestId('kernel-note').first()).toContainText('50000/100000');
  await until('they use half a core', async () => Math.abs((await measuredCores(id)) - 0.5) < 0.1, 60_000);
  await expectAccessible();
  await page.getByRole('link', { name: 'Stats', exact: true }).click();
  const figure = page.getByRole('figure', { name: /CPU/ });
  await until('the chart shows half a core', async () => {
    const cores = Number(/(\d+\.\d+)/.exec((await figure.textContent()) ?? '')?.[1]);
    return cores > 0.4 && cores < 0.6;
  });
  await expectAccessible();
});

test('a memory limit reaches the kernel file', async () => {
  const id = containerId();
  await page.getByRole('link', { name: 'Limits', exact: true }).click();
  const field = page.getByRole('textbox', { name: 'Memory', exact: true });
  await field.fill('96 MiB');
  await field.press('Enter');
  await expect(page.getByTestId('kernel-note').nth(1)).toContainText('96 MiB');
  const folder = `/sys/fs/cgroup/memory/berth-${instanceOf(berth.engine.dataRoot)}/${id}`;
  expect((await readFile(join(folder, 'memory.limit_in_bytes'), 'utf8')).trim()).toBe(String(96 << 20));
});

test('stop it, see it in the table, remove it', async () => {
  const id = containerId();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeVisible({ timeout: 20_000 });
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Containers' }).click();
  const row = page.getByRole('row', { name: /story/ });
  await expect(row).toContainText(/exited|stopped/i);
  await expectAccessible();

  // The table follows the engine without a reload: somebody else starts and stops it with the CLI.
  await berth.engine.docker('start', 'story');
  await expect(row).toContainText('running');
  await berth.engine.docker('kill', 'story');
  await expect(row).not.toContainText('running');

  await page.getByRole('button', { name: 'More actions on story' }).click();
  await page.getByRole('menuitem', { name: /Remove/ }).click();
  const dialog = page.getByRole('alertdialog').or(page.getByRole('dialog'));
  await expect(dialog).toContainText('story');
  await expectAccessible();
  await dialog.getByRole('button', { name: /Remove/ }).click();
  await expect(page.getByRole('row', { name: /story/ })).toHaveCount(0);
  expect((await berth.engine.request('GET', `/containers/${id}/json`)).status).toBe(404);
});

test('the pages fit a phone', async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  for (const path of [
    '/',
    '/containers',
    '/containers/new',
    '/images',
    '/volumes',
    '/networks',
    '/events',
    '/settings',
  ]) {
    await visit(page, berth.address + path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `${path} is wider than the screen`).toBeLessThanOrEqual(0);
    await expectAccessible();
  }
});
