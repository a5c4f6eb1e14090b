/** Long actions as jobs: pulls from a real registry, uploads, and the prune plan. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, type Page, test } from '@playwright/test';
import { PrivateConsole } from '../lib/private-console.ts';
import { imageArchive, PrivateRegistry } from '../lib/private-registry.ts';
import { Relay } from '../lib/relay.ts';
import { signUp } from '../lib/sign-up.ts';
import { until } from '../lib/until.ts';
import { visit } from '../lib/visit.ts';

test.describe.configure({ mode: 'serial' });

const MiB = 1024 * 1024;
const run = promisify(execFile);

let berth: PrivateConsole;
let registry: PrivateRegistry;
/** The registry behind a line slow enough to look at a pull. */
let line: Relay;
let page: Page;

test.beforeAll(async ({ browser }) => {
  test.setTimeout(180_000);
  registry = await PrivateRegistry.start();
  line = await Relay.start(registry.port, MiB);
  await registry.push('team/layered:1', [6 * MiB, 9 * MiB, 3 * MiB]);
  await registry.push('team/large:1', [60 * MiB]);
  berth = await PrivateConsole.start();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  await signUp(page, berth);
  await expect(page.getByRole('heading', { name: 'Host' })).toBeVisible();
});
test.afterAll(async () => {
  await page?.context().close();
  await berth?.[Symbol.asyncDispose]();
  await line?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
});

const reference = (name: string): string => `127.0.0.1:${line.port}/${name}`;
const job = (title: string) =>
  page.getByTestId('jobs').getByRole('listitem').filter({ hasText: title }).first();

async function pull(name: string): Promise<void> {
  await visit(page, `${berth.address}/images`);
  await page.getByRole('button', { name: 'Pull image' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Pull image' });
  await dialog.getByLabel('Reference').fill(name);
  await dialog.getByRole('button', { name: 'Pull image' }).click();
  await expect(dialog).toBeHidden();
}

const showJobs = () => page.getByTestId('jobs-button').click();

/** Bytes the engine keeps on disk, those of its blobs and layers. */
async function storedBytes(): Promise<number> {
  const { stdout } = await run('du', [
    '-sbc',
    `${berth.engine.dataRoot}/content`,
    `${berth.engine.dataRoot}/overlay2`,
  ]);
  return Number.parseInt(stdout.trim().split('\n').at(-1) ?? '', 10);
}

test('a pull tells how far each layer is, and goes on while one looks elsewhere', async () => {
  const name = reference('team/layered:1');
  await pull(name);
  await expect(page.getByTestId('jobs-button')).toHaveAccessibleName('Jobs, 1 running');
  await showJobs();
  const entry = job(`Pull ${name}`);
  await expect(entry).toContainText('running');
  await entry.getByRole('button', { name: `Pull ${name}` }).click();
  // One bar for the whole and one for each layer under way.
  await expect.poll(() => entry.getByRole('progressbar').count()).toBeGreaterThanOrEqual(3);
  await expect(entry.getByText('9 MiB', { exact: true })).toBeVisible();
  const ofLayer = entry.getByRole('progressbar').nth(2);
  const before = Number(await ofLayer.getAttribute('aria-valuenow'));
  await expect.poll(async () => Number(await ofLayer.getAttribute('aria-valuenow'))).toBeGreaterThan(before);
  await page.keyboard.press('Escape');
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Volumes' }).click();
  await expect(page.getByRole('heading', { name: 'Volumes' })).toBeVisible();
  await expect(page.getByTestId('jobs-button')).toHaveAccessibleName('Jobs, 1 running');
  await expect(page.getByText(`Pull ${name}: done`)).toBeVisible({ timeout: 60_000 });
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Images' }).click();
  await expect(page.getByRole('row', { name: new RegExp(name) })).toBeVisible();
  const { stdout, stderr } = await berth.engine.docker('run', '--rm', name, 'ls', '/');
  expect(stdout, stderr).toContain('ballast-2');
});

test('a cancelled pull leaves nothing', async () => {
  const before = await storedBytes();
  const name = reference('team/large:1');
  await pull(name);
  await showJobs();
  const entry = job(`Pull ${name}`);
  await until('a few megabytes have come', async () => (await storedBytes()) > before + 3 * MiB, 30_000);
  await entry.getByRole('button', { name: 'Cancel' }).click();
  await expect(entry).toContainText('cancelled');
  await until('its bytes are gone', async () => (await storedBytes()) < before + MiB);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('row', { name: /team\/large/ })).toHaveCount(0);
  expect((await berth.engine.request('GET', `/images/${name}/json`)).status).toBe(404);
});

test('a pull that fails shows the registry’s reason', async () => {
  const name = reference('team/absent:9');
  await pull(name);
  await expect(page.getByText(`Pull ${name}: failed`)).toBeVisible();
  await showJobs();
  await expect(job(`Pull ${name}`).getByRole('alert')).toContainText(/manifest unknown|not found/i);
  await page.keyboard.press('Escape');
});

test('a tar dropped onto the page is loaded', async () => {
  await visit(page, `${berth.address}/images`);
  await expect(page.getByRole('row', { name: /busybox:latest/ })).toBeVisible();
  const archive = await imageArchive('dropped:1', [MiB]);
  const transfer = await page.evaluateHandle((base64) => {
    const content = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([content], 'dropped.tar', { type: 'application/x-tar' }));
    return data;
  }, archive.toString('base64'));
  const heading = page.getByRole('heading', { name: 'Images' });
  await heading.dispatchEvent('dragenter', { dataTransfer: transfer });
  await expect(page.getByText('Drop image tars to load them')).toBeVisible();
  await heading.dispatchEvent('drop', { dataTransfer: transfer });
  await expect(page.getByText('Drop image tars to load them')).toBeHidden();
  await expect(page.getByRole('row', { name: /dropped:1/ })).toBeVisible();
  await showJobs();
  await expect(job('Load dropped.tar')).toContainText('done');
  await page.keyboard.press('Escape');
});

test('prune shows what it would remove, and removes only that', async () => {
  await berth.engine.docker('create', '--name', 'keeps-busybox', 'busybox');
  await visit(page, `${berth.address}/images`);
  await page.getByRole('button', { name: 'Prune images' }).click();
  const dialog = page.getByRole('dialog', { name: 'Prune images' });
  await expect(dialog).toContainText('Nothing to remove.');
  await dialog.getByRole('checkbox', { name: /Tagged images/ }).click();
  const plan = dialog.getByTestId('prune-plan').getByRole('listitem');
  await expect(plan).toHaveCount(2);
  await expect(plan.filter({ hasText: 'dropped:1' })).toContainText('no container uses it');
  await expect(plan.filter({ hasText: 'busybox:latest' })).toHaveCount(0);
  await dialog.getByRole('checkbox', { name: /Remove .*layered/ }).click();
  await dialog.getByRole('button', { name: /^Remove 1 image,/ }).click();
  await expect(page.getByText(/Removed 1 image/)).toBeVisible();
  await expect(page.getByRole('row', { name: /dropped:1/ })).toHaveCount(0);
  await expect(page.getByRole('row', { name: /team\/layered/ })).toBeVisible();
});
