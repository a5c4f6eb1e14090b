import type { Page } from '@playwright/test';
import { visit } from './visit.ts';

/** Creates the first administrator on the set-up page. */
export async function signUp(page: Page, console_: { address: string; setupCode: string }): Promise<void> {
  if (page.url() !== `${console_.address}/setup`) await visit(page, `${console_.address}/setup`);
  await page.getByLabel('Set-up code').fill(console_.setupCode);
  await page.getByLabel('User name').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Create administrator' }).click();
}
