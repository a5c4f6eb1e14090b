// Set-up as a list of steps: each tells whether it is up to date, and redoes only what changed.
// Plain JavaScript for Node 20: it runs before Node 26 and the npm packages are there.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Stamps, the local busybox image and downloaded test clients; git-ignored, safe to delete. */
export const cacheDir = join(root, '.berth');

/** A failure the user can act on: printed as it stands, without a stack. */
export class SetupError extends Error {}

/**
 * Runs a command and resolves with what it printed.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, echo?: boolean }} [options] `echo` passes the output through.
 * @returns {Promise<string>}
 */
export function run(command, args, options = {}) {
  const { cwd = root, env = process.env, echo = false } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk) => {
      output += chunk;
      if (echo) process.stderr.write(chunk);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (cause) => reject(new SetupError(`cannot run ${command}: ${cause.message}`)));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(output);
      const tail = output.trimEnd().split('\n').slice(-20).join('\n');
      reject(
        new SetupError(`${command} ${args.join(' ')} ended with ${signal ?? `status ${code}`}:\n${tail}`),
      );
    });
  });
}

const ignored = new Set(['node_modules', '.next', '.turbo', 'build', 'generated', 'test-results']);

function* filesBelow(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (stat.isFile()) yield path;
  else if (stat.isDirectory() && !ignored.has(basename(path)))
    for (const name of readdirSync(path).sort()) yield* filesBelow(join(path, name));
}

/** One digest over the names and contents of the given files and folders (relative to the checkout). */
export function digestOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths)
    for (const file of filesBelow(join(root, path))) {
      if (file.endsWith('.test.ts')) continue;
      hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
    }
  return hash.digest('hex');
}

/**
 * Runs `action` unless its inputs are as they were when it last succeeded and all `outputs` exist.
 * @param {{ name: string, title: string, inputs: string[], outputs: string[], action: () => Promise<unknown> }} step
 */
export async function cachedStep({ name, title, inputs, outputs, action }) {
  const stamp = join(cacheDir, 'stamps', name);
  const digest = digestOf(inputs);
  const fresh = outputs.every((path) => existsSync(join(root, path)));
  if (fresh && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  await timedStep(title, action);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

/** Says what is going on and how long it took; on a terminal the seconds count while it runs. */
export async function timedStep(title, action) {
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  const live = process.stderr.isTTY;
  process.stderr.write(live ? `  … ${title}` : `  … ${title}\n`);
  const ticker = live && setInterval(() => process.stderr.write(`\r  … ${title} (${seconds()})`), 1000);
  try {
    await action();
  } catch (error) {
    process.stderr.write(`${live ? '\r' : ''}  ✗ ${title}\n`);
    throw error;
  } finally {
    if (ticker) clearInterval(ticker);
  }
  process.stderr.write(`${live ? '\r' : ''}  ✓ ${title} (${seconds()})\n`);
}
