import type { Page } from '@playwright/test';

/** Also how the retry meets the error page of the try before, which may come late. */
const dropped = /ERR_NETWORK_CHANGED|interrupted by another navigation to "chrome-error:/;

/**
 * Opens a page. Chromium drops what it is loading whenever a network interface of the host comes or goes,
 * which containers of other tests do all the time: then it is asked again.
 */
export async function visit(page: Page, url: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await page.goto(url);
      return;
    } catch (error) {
      if (tries === 5 || !dropped.test(String(error))) throw error;
    }
  }
}
