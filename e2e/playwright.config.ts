import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: './browser',
  timeout: 120_000,
  // Machines that run tests are busy ones.
  expect: { timeout: 15_000 },
  workers: 1,
  retries: 0,
  use: {
    actionTimeout: 20_000,
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      // As root Chromium has no sandbox of its own; the other flags keep it from calling home.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
    trace: 'retain-on-failure',
  },
});
