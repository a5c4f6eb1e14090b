/**
 * `npm run check`: types, lint and format, direction of dependencies, dead code. All at once, a line each,
 * output only of those that fail.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const checks: Record<string, string[]> = {
  'types: engine, packages, scripts': ['tsc', '-p', '.'],
  'types: console': ['tsc', '-p', 'apps/web'],
  'types: end-to-end tests': ['tsc', '-p', 'e2e'],
  'lint and format': ['biome', 'check', '.'],
  'direction of dependencies': ['depcruise', '--config', '.dependency-cruiser.cjs', 'apps', 'packages'],
  'dead code and unused packages': ['knip'],
};

async function check(title: string, [program = '', ...args]: string[]): Promise<boolean> {
  const started = performance.now();
  const child = spawn(`node_modules/.bin/${program}`, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  const [code]: unknown[] = await once(child, 'close');
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${code === 0 ? '✓' : '✗'} ${title} (${seconds} s)\n${code === 0 ? '' : output}`);
  return code === 0;
}

const results = await Promise.all(Object.entries(checks).map(([title, command]) => check(title, command)));
process.exitCode = results.every(Boolean) ? 0 : 1;
