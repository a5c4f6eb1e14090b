/** A thousand containers: the table stays quick, and nobody looking costs nothing. */
import { readFile } from 'node:fs/promises';
import { expect, type Page, test } from '@playwright/test';
import { PrivateConsole } from '../lib/private-console.ts';
import { signUp } from '../lib/sign-up.ts';
import { until } from '../lib/until.ts';
import { visit } from '../lib/visit.ts';

const total = 1000;
const running = 3;
/** The kernel counts processor time in hundredths of a second (USER_HZ). */
const ticksPerSecond = 100;

let berth: PrivateConsole;
let page: Page;

test.describe.configure({ mode: 'serial' });
// Recording a trace would be measured too.
test.use({ trace: 'off' });
test.beforeAll(async ({ browser }) => {
  test.setTimeout(240_000);
  berth = await PrivateConsole.start();
  await createMany();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  await signUp(page, berth);
  await expect(page.getByRole('link', { name: new RegExp(`${running} running`) })).toBeVisible();
});
test.afterAll(async () => {
  test.setTimeout(120_000);
  await page?.context().close();
  await removeMany();
  await berth?.[Symbol.asyncDispose]();
});

const nameOf = (index: number): string => `c${String(index).padStart(4, '0')}`;

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

async function createMany(): Promise<void> {
  const started = Date.now();
  await inParallel(total, async (index) => {
    const { status, text } = await berth.engine.request('POST', `/containers/create?name=${nameOf(index)}`, {
      Image: 'busybox:latest',
      Cmd: ['sleep', '1d'],
      Labels: { 'com.docker.compose.project': `stack-${index % 20}` },
    });
    if (status !== 201) throw new Error(`create ${index}: ${status} ${text}`);
  });
  for (let index = 0; index < running; index++)
    await berth.engine.request('POST', `/containers/${nameOf(index)}/start`);
  console.log(`    ${total} containers created in ${Date.now() - started} ms`);
}

async function removeMany(): Promise<void> {
  if (!berth) return;
  await inParallel(total, async (index) => {
    await berth.engine.request('DELETE', `/containers/${nameOf(index)}?force=1`);
  });
}

const rows = () => page.locator('[data-row]');

/** Milliseconds until `done` holds, measured by the page's own clock after each frame. */
async function timed(act: () => Promise<unknown>, done: () => Promise<void>): Promise<number> {
  const started = Date.now();
  await act();
  await done();
  return Date.now() - started;
}

test('only what can be seen is in the page', async () => {
  const ms = await timed(
    () => visit(page, `${berth.address}/containers`),
    () => expect(rows().first()).toContainText(nameOf(0)),
  );
  await expect(page.getByRole('table', { name: 'Containers' })).toHaveAttribute(
    'aria-rowcount',
    String(total + 1),
  );
  const shown = await rows().count();
  console.log(`    page with ${total} containers: first row after ${ms} ms, ${shown} rows in the page`);
  expect(shown).toBeGreaterThan(10);
  expect(shown).toBeLessThan(60);
});

test('searching and sorting answer at once', async () => {
  const search = page.getByRole('textbox', { name: 'Search containers' }).or(page.getByRole('searchbox'));
  const found = await timed(
    () => search.fill(nameOf(742)),
    () => expect(rows()).toHaveCount(1),
  );
  await expect(rows()).toContainText(nameOf(742));
  const cleared = await timed(
    () => search.fill(''),
    () => expect(rows().first()).toContainText(nameOf(0)),
  );
  const sorted = await timed(
    () => page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click(),
    () => expect(rows().first()).toContainText(nameOf(total - 1)),
  );
  console.log(`    search ${found} ms, clearing it ${cleared} ms, sorting ${sorted} ms`);
  for (const ms of [found, cleared, sorted]) expect(ms).toBeLessThan(1000);
  await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
  await expect(rows().first()).toContainText(nameOf(0));
});

/** In the page: scrolls to the end in steps of about a screen per frame, and tells how long frames took. */
async function scrollToEnd(): Promise<{
  frames: number;
  median: number;
  worst: number;
  long: number;
  blank: number;
}> {
  return await rows()
    .first()
    .evaluate(async (row) => {
      const isScroller = (element: Element) =>
        element.scrollHeight > element.clientHeight + 1 && getComputedStyle(element).overflowY === 'auto';
      let scroller = row.parentElement;
      while (scroller && !isScroller(scroller)) scroller = scroller.parentElement;
      if (!scroller) throw new Error('nothing scrolls');
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      const times: number[] = [];
      let blank = 0;
      let last = await frame();
      while (scroller.scrollTop + scroller.clientHeight < scroller.scrollHeight - 1) {
        scroller.scrollTop += 150;
        const now = await frame();
        times.push(now - last);
        last = now;
        const { left, bottom } = scroller.getBoundingClientRect();
        if (!document.elementFromPoint(left + 120, bottom - 60)?.closest('[data-row]')) blank++;
      }
      return {
        frames: times.length,
        median: Math.round(times.toSorted((one, other) => one - other)[times.length >> 1] ?? 0),
        worst: Math.round(Math.max(...times)),
        long: times.filter((ms) => ms > 50).length,
        blank,
      };
    });
}

test('scrolling to the end stays smooth', async () => {
  const { frames, median, worst, long, blank } = await scrollToEnd();
  await expect(rows().last()).toContainText(nameOf(total - 1));
  console.log(
    `    scrolled to the end in ${frames} frames: median ${median} ms, longest ${worst} ms, ${long} over 50 ms, ${blank} with blank rows`,
  );
  expect(median).toBeLessThan(150);
  expect(worst).toBeLessThan(1500);
});

test('the table follows the engine while it is that long', async () => {
  await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
  const row = rows().filter({ hasText: nameOf(total - 1) });
  await visit(page, `${berth.address}/containers?q=${nameOf(total - 1)}`);
  await expect(row).toContainText('created');
  await berth.engine.request('POST', `/containers/${nameOf(total - 1)}/start`);
  await expect(row).toContainText('running');
});

/** Processor time a process has used, in ticks: fields 14 and 15 of /proc/PID/stat. */
async function ticks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

test('with no page open, console and berthd rest', async () => {
  await page.close();
  const processes = Object.entries(await berth.processes());
  const used = () => Promise.all(processes.map(([, pid]) => ticks(pid)));
  // What the page was told ends within seconds of its leaving; then V8 takes its time to collect what that left.
  await until(
    'both use less than 2 % of a core for five seconds',
    async () => {
      const before = await used();
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      const shares = (await used()).map((now, index) => (now - (before[index] ?? 0)) / ticksPerSecond / 5);
      const words = processes.map(([name], index) => `${name} ${((shares[index] ?? 0) * 100).toFixed(1)} %`);
      console.log(`    without a page: ${words.join(', ')} of a core`);
      return shares.every((share) => share < 0.02);
    },
    30_000,
  );
});
