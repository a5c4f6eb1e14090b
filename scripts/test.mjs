// `npm test`: sets up what the tests need, runs every test, and closes with `N passed, N failed`.
//
//   npm test -- [unit|engine|clients|browser|cgroup2 …]   only those parts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main, node26, setup } from './lib/setup.mjs';
import { root, SetupError } from './lib/steps.mjs';
import { ensureSystemPackages, testRequirements } from './lib/system-packages.mjs';
import { clientsDir, ensureTestClients } from './lib/test-clients.mjs';

const env = {
  ...process.env,
  DOCKER_CLI: join(clientsDir, 'docker'),
  DOCKER_CONFIG: join(clientsDir, 'config'),
};

async function execute(args) {
  const child = spawn(node26, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

/** Runs node:test over files; a runner that dies without counting is one failure. */
async function nodeTests(folders, concurrency) {
  const folder = mkdtempSync(join(tmpdir(), 'berth-test-'));
  const counts = join(folder, 'counts.json');
  try {
    const code = await execute([
      '--test',
      // A test that waits for ever is a failed test.
      '--test-timeout=180000',
      `--test-concurrency=${concurrency}`,
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-reporter=./scripts/lib/counting-reporter.mjs',
      `--test-reporter-destination=${counts}`,
      ...testFiles(folders),
    ]);
    const result = JSON.parse(readFileSync(counts, 'utf8') || '{"passed":0,"failed":1,"skipped":0}');
    if (code !== 0 && result.failed === 0) result.failed = 1;
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every *.test.ts and *.test.mjs below the given folders. */
function testFiles(folders) {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((name) => join(folder, String(name)))
      .filter((path) => /\.test\.(ts|mjs)$/.test(path) && !path.includes('node_modules')),
  );
  if (files.length === 0) throw new SetupError(`there are no tests below ${folders.join(', ')}`);
  return files.sort();
}

/** Runs the browser tests and counts from Playwright's own report. */
async function browserTests() {
  const folder = mkdtempSync(join(tmpdir(), 'berth-test-'));
  const report = join(folder, 'report.json');
  try {
    env.PLAYWRIGHT_JSON_OUTPUT_FILE = report;
    const code = await execute([
      join(root, 'node_modules/@playwright/test/cli.js'),
      'test',
      '--config',
      'e2e/playwright.config.ts',
      '--reporter',
      'list,json',
    ]);
    const { stats } = JSON.parse(readFileSync(report, 'utf8'));
    const failed = stats.unexpected + stats.flaky;
    return { passed: stats.expected, failed: failed || (code === 0 ? 0 : 1), skipped: stats.skipped };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The cgroup v2 suite runs inside a virtual machine and reports its own counts on its last line. */
async function cgroup2Tests() {
  const child = spawn(node26, ['scripts/test-cgroup2.ts'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  const [code] = await once(child, 'close');
  const number = (name) => Number(new RegExp(`^(?:#|ℹ) ${name} (\\d+)\\r?$`, 'm').exec(output)?.[1] ?? 0);
  const failed = number('fail');
  return { passed: number('pass'), failed: failed || (code === 0 ? 0 : 1), skipped: number('skipped') };
}

const parts = {
  unit: () => nodeTests(['packages', 'apps/engine', 'scripts'], 2),
  engine: () => nodeTests(['e2e/engine'], 1),
  clients: () => nodeTests(['e2e/clients'], 1),
  browser: browserTests,
  cgroup2: cgroup2Tests,
};

await main(async () => {
  const wanted = process.argv.slice(2);
  for (const name of wanted)
    if (!(name in parts))
      throw new SetupError(`There is no test part "${name}"; there are: ${Object.keys(parts).join(', ')}.`);
  await setup();
  await ensureSystemPackages(testRequirements);
  await ensureTestClients();
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, runPart] of Object.entries(parts)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    process.stdout.write(`\n── ${name}\n`);
    const counts = await runPart();
    process.stdout.write(
      `── ${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`,
    );
    for (const key of Object.keys(total)) total[key] += counts[key];
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
});
