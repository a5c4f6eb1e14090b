// System programs Berth needs, and where they come from on Debian.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, SetupError, timedStep } from './steps.mjs';

/** @typedef {{ package: string, what: string, has: () => boolean }} Requirement */

// A root shell made by a plain `su` has no sbin folders, where half of these programs are.
process.env.PATH = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`;

const searchPath = process.env.PATH.split(delimiter);

/** Whether a program is on the PATH (or in the sbin folders, which a root shell may lack). */
export const hasProgram = (name) => searchPath.some((folder) => existsSync(join(folder, name)));

const program = (debianPackage, name) => ({
  package: debianPackage,
  what: `the program ${name}`,
  has: () => hasProgram(name),
});
const file = (debianPackage, path) => ({
  package: debianPackage,
  what: path,
  has: () => existsSync(path),
});

/** What berthd and the build of its C programs need. */
export const runtimeRequirements = [
  program('iproute2', 'ip'),
  program('iptables', 'iptables-restore'),
  program('procps', 'ps'),
  program('gcc', 'cc'),
  program('make', 'make'),
  file('libc6-dev', '/usr/include/stdio.h'),
  file('libarchive-dev', '/usr/include/archive.h'),
  program('busybox-static', 'busybox'),
];

/** What the tests need besides: a real browser, a real proxy, a real registry and its tools, a machine emulator. */
export const testRequirements = [
  program('chromium', 'chromium'),
  program('haproxy', 'haproxy'),
  program('openssl', 'openssl'),
  program('docker-registry', 'docker-registry'),
  program('skopeo', 'skopeo'),
  program('qemu-system-x86', 'qemu-system-x86_64'),
  program('cpio', 'cpio'),
  program('python3', 'python3'),
  program('zstd', 'zstd'),
  program('xz-utils', 'xz'),
];

/**
 * Installs what is missing with apt-get.
 * @param {readonly Requirement[]} requirements
 * @throws SetupError naming the exact packages when it cannot install them itself
 */
export async function ensureSystemPackages(requirements) {
  const absent = requirements.filter((requirement) => !requirement.has());
  if (absent.length === 0) return;
  const missing = absent.map((entry) => entry.package);
  const list = missing.join(' ');
  if (!hasProgram('apt-get'))
    throw new SetupError(
      `Berth needs, with the Debian package it is in:\n${absent.map((entry) => `  ${entry.what} (${entry.package})`).join('\n')}\nInstall these with this distribution's package manager, then run the command again.`,
    );
  if (process.getuid?.() !== 0)
    throw new SetupError(`System packages are missing. As root: apt-get install ${list}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await timedStep(`system packages: ${list}`, async () => {
    await run('apt-get', ['update', '-qq'], { env });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
  });
  const still = requirements.filter((requirement) => !requirement.has()).map((entry) => entry.package);
  if (still.length > 0) throw new SetupError(`apt-get ran, but these are still missing: ${still.join(' ')}`);
}
