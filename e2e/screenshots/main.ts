/**
 * Screenshots of a running console with something in it, in both themes and at phone width.
 *
 *   npm run screenshots [-- DIRECTORY]     docs/screenshots unless told otherwise
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { PrivateConsole } from '../lib/private-console.ts';
import { signUp } from '../lib/sign-up.ts';
import { visit } from '../lib/visit.ts';
import config from '../playwright.config.ts';

const directory = resolve(process.argv[2] ?? join(import.meta.dirname, '../../docs/screenshots'));
mkdirSync(directory, { recursive: true });

const serve = 'mkdir -p /w; echo hello > /w/index.html; exec httpd -f -p 80 -h /w';
const work =
  'i=0; while :; do i=$((i+1)); printf "\\033[32mINFO\\033[0m  order %d packed in %d ms\\n" $i $((i*37%90)); j=0; while [ $j -lt $((i*7919%90000)) ]; do j=$((j+1)); done; usleep 120000; done';
const longName = `registry.example.org/${'a-team-with-a-long-name/'.repeat(6)}service:2026-11-21`;

async function fill(berth: PrivateConsole): Promise<void> {
  const docker = async (...args: string[]) => {
    const { code, stderr } = await berth.engine.docker(...args);
    if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  };
  await docker('tag', 'busybox', 'shop/web:1.29');
  await docker('tag', 'busybox', 'shop/worker:7');
  await docker('tag', 'busybox', longName);
  await docker(
    'run',
    '-d',
    '--name',
    'web',
    '-p',
    '127.0.0.1::80',
    '-m',
    '256m',
    'shop/web:1.29',
    'sh',
    '-c',
    serve,
  );
  await docker(
    'run',
    '-d',
    '--name',
    'worker',
    '-v',
    'orders:/data',
    '--cpus',
    '0.5',
    '-m',
    '128m',
    '--pids-limit',
    '200',
    '--restart',
    'unless-stopped',
    '-e',
    'STAGE=live',
    'shop/worker:7',
    'sh',
    '-c',
    work,
  );
  await docker(
    'run',
    '-d',
    '--name',
    'cache',
    '-m',
    '64m',
    'busybox',
    'sh',
    '-c',
    'while :; do usleep 500000; done',
  );
  await docker('run', '--name', 'migrate', 'shop/worker:7', 'true');
  await berth.engine.docker(
    'run',
    '--name',
    'import',
    'busybox',
    'sh',
    '-c',
    'echo "orders.csv: no such file" >&2; exit 3',
  );
  await docker('create', '--name', 'report', longName, 'true');
}

async function shoot(page: Page, berth: PrivateConsole, theme: 'dark' | 'light'): Promise<void> {
  const shot = async (path: string, name: string, settleMs: number) => {
    await visit(page, berth.address + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    // Charts need some samples to show anything.
    await page.waitForTimeout(settleMs);
    await page.screenshot({ path: join(directory, `${name}-${theme}.png`) });
  };
  const { json } = await berth.engine.request('GET', '/containers/worker/json');
  const worker = `/containers/${(json as { Id: string }).Id}`;
  await shot('/', 'dashboard', 20_000);
  await shot('/containers', 'containers', 8000);
  await shot(worker, 'container', 5000);
  await shot(`${worker}/stats`, 'container-stats', 30_000);
  await shot(`${worker}/limits`, 'container-limits', 8000);
  await shot(`${worker}/logs`, 'container-logs', 2000);
  await visit(page, `${berth.address}${worker}/terminal`);
  await page.getByRole('status').filter({ hasText: 'connected' }).waitFor();
  await page.getByRole('textbox', { name: 'Terminal input' }).focus();
  await page.keyboard.type('ps\nls --color /\nhead -3 /proc/meminfo\n', { delay: 5 });
  await page.waitForTimeout(1000);
  await page.screenshot({ path: join(directory, `terminal-${theme}.png`) });
  await shot('/images', 'images', 1500);
  await shot('/containers/new', 'create', 1000);
}

await using berth = await PrivateConsole.start();
await fill(berth);
const browser = await chromium.launch(config.use?.launchOptions ?? {});
try {
  const first = await browser.newContext();
  const setup = await first.newPage();
  await visit(setup, berth.address);
  await signUp(setup, berth);
  await setup.getByRole('heading', { name: 'Host' }).waitFor();
  const storageState = await first.storageState();
  for (const theme of ['dark', 'light'] as const) {
    const context = await browser.newContext({
      storageState,
      colorScheme: theme,
      viewport: { width: 1280, height: 800 },
    });
    await shoot(await context.newPage(), berth, theme);
    await context.close();
  }
  const phone = await browser.newContext({
    storageState,
    colorScheme: 'light',
    viewport: { width: 390, height: 844 },
  });
  const page = await phone.newPage();
  for (const [path, name] of [
    ['/', 'dashboard'],
    ['/containers', 'containers'],
  ] as const) {
    await visit(page, berth.address + path);
    await page.waitForTimeout(4000);
    await page.screenshot({ path: join(directory, `${name}-phone.png`) });
  }
} finally {
  await browser.close();
}
