/**
 * `npm run test:cgroup2`: runs e2e/cgroup2 where cgroup v2 is all there is, in a virtual machine with Debian's
 * kernel (software emulation will do). Options are test files to run instead of all.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { boot } from '../e2e/cgroup2/vm/boot.ts';
import { root, writeContents } from '../e2e/cgroup2/vm/contents.ts';
import { fetchKernel } from '../e2e/cgroup2/vm/debian-kernel.ts';
import { initScript } from '../e2e/cgroup2/vm/init.ts';

const timeoutMs = 5 * 60_000;

function testFiles(): string[] {
  const given = process.argv.slice(2);
  if (given.length > 0) return given;
  const names = readdirSync(join(root, 'e2e/cgroup2')).filter((name) => name.endsWith('.test.ts'));
  return names.sort().map((name) => join('e2e/cgroup2', name));
}

/** The CLI that the other tests use, or the one that is installed here. */
function dockerCli(): string | undefined {
  const installed = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'docker'));
  return [process.env.DOCKER_CLI ?? '', ...installed].find(existsSync);
}

async function main(): Promise<number> {
  const cache = join(root, 'node_modules/.cache/berth-cgroup2');
  mkdirSync(cache, { recursive: true });
  const kernel = fetchKernel(cache);
  const directory = mkdtempSync(join(cache, 'run-'));
  try {
    const cli = dockerCli();
    const environment: Record<string, string> = cli === undefined ? {} : { DOCKER_CLI: cli };
    const initramfs = join(directory, 'initramfs');
    const init = initScript(testFiles(), environment);
    writeContents(initramfs, { kernel, init, extra: Object.values(environment) });
    const status = await boot({ kernel: kernel.image, initramfs, timeoutMs }, (line) => console.log(line));
    if (status === undefined) console.error('the machine ended without finishing the tests');
    return status ?? 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main();
