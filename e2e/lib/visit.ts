import { expect, type Locator, type Page } from '@playwright/test';

/**
 * Opens a page and waits until it shows `sign` (its heading unless told otherwise). Chromium drops what it is
 * loading, scripts too, whenever a network interface of the host comes or goes, which containers do all the time:
 * then it is opened again.
 */
export async function visit(
  page: Page,
  url: string,
  sign: Locator = page.getByRole('heading').first(),
): Promise<void> {
  await expect(async () => {
    await page.goto(url);
    await expect(sign).toBeVisible({ timeout: 8_000 });
  }).toPass({ timeout: 60_000 });
}
