// The set-up behind `npm start`, `npm test` and `npm run setup`: a fresh clone becomes runnable.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, cachedStep, root, run, SetupError } from './steps.mjs';
import { ensureSystemPackages, runtimeRequirements } from './system-packages.mjs';

/** Node 26, from the npm package `node`. */
export const node26 = join(root, 'node_modules/node/bin/node');
/** The busybox:latest image archive, for hosts that cannot reach a registry. */
export const busyboxArchive = join(cacheDir, 'busybox.tar');

function checkHost() {
  if (process.platform !== 'linux')
    throw new SetupError('Berth runs on Linux: it is made of Linux kernel features.');
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 20)
    throw new SetupError(
      `Node ${process.versions.node} is too old to set Berth up; install Node 20 or newer.`,
    );
}

async function installNpmPackages() {
  // Not `npm ci`: it refuses a lock file without the optional packages of platforms Berth does not run on.
  await run('npm', ['install', '--no-save', '--no-audit', '--no-fund']);
  // npm may be configured not to run install scripts; the package's own installer is then run by hand.
  if (!existsSync(node26))
    await run(process.execPath, ['installArchSpecificPackage.js'], { cwd: join(root, 'node_modules/node') });
  if (!existsSync(node26))
    throw new SetupError('The npm package `node` brought no Node 26 for this machine.');
}

const webSources = [
  'apps/web/src',
  'apps/web/package.json',
  'apps/web/next.config.ts',
  'apps/web/postcss.config.mjs',
  'packages/ui/src',
  'packages/api/src',
  'packages/engine-api/src',
  'package-lock.json',
];

/** Brings the checkout up to date; quick when nothing changed. @throws SetupError */
export async function setup() {
  checkHost();
  await ensureSystemPackages(runtimeRequirements);
  await cachedStep({
    name: 'npm',
    title: 'npm packages (with Node 26)',
    inputs: ['package.json', 'package-lock.json'],
    outputs: ['node_modules/node/bin/node', 'node_modules/next/package.json'],
    action: installNpmPackages,
  });
  for (const [name, folder, program] of [
    ['launcher', 'packages/runtime', 'launcher'],
    ['archiver', 'packages/images', 'archiver'],
    ['netctl', 'packages/network', 'netctl'],
  ])
    await cachedStep({
      name,
      title: `C program: ${name}`,
      inputs: [`${folder}/native`],
      outputs: [`${folder}/build/${program}`],
      action: () => run('make', ['-s', '-C', `${folder}/native`]),
    });
  await cachedStep({
    name: 'prisma',
    title: 'database client',
    inputs: ['prisma', 'package-lock.json'],
    outputs: ['packages/db/src/generated'],
    action: () =>
      run(node26, ['node_modules/prisma/build/index.js', 'generate'], {
        // Generating needs no engine, but Prisma insists on one; any program will do.
        env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' },
      }),
  });
  await cachedStep({
    name: 'web',
    title: 'console pages',
    inputs: webSources,
    outputs: ['apps/web/.next/BUILD_ID'],
    action: () =>
      run(node26, [join(root, 'node_modules/next/dist/bin/next'), 'build'], {
        cwd: join(root, 'apps/web'),
        env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
      }),
  });
  await cachedStep({
    name: 'busybox',
    title: 'local busybox image',
    inputs: ['scripts/busybox-image.ts'],
    outputs: ['.berth/busybox.tar'],
    action: () => run(node26, ['scripts/busybox-image.ts', busyboxArchive]),
  });
}

/** Runs a script's main function; expected failures become one readable message. */
export async function main(action) {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = 1;
  }
}
