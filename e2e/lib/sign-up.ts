import type { Page } from '@playwright/test';
import { visit } from './visit.ts';

/** Creates the first administrator on the set-up page. */
export async function signUp(page: Page, console_: { address: string; setupCode: string }): Promise<void> {
  const code = page.getByLabel('Set-up code');
  if (!(page.url() === `${console_.address}/setup` && (await code.isVisible())))
    await visit(page, `${console_.address}/setup`, code);
  await code.fill(console_.setupCode);
  await page.getByLabel('User name').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Create administrator' }).click();
}
