import type { Page } from '@playwright/test';

/** Signs in on the sign-in page the browser shows, as the administrator `signUp` made. */
export async function signIn(page: Page): Promise<void> {
  await page.getByLabel('User name').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
}
