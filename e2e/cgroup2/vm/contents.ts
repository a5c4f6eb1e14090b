/** What the machine holds: busybox, Node, this repository's engine with the packages it needs, network tools. */
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Kernel } from './debian-kernel.ts';
import { Initramfs } from './initramfs.ts';

export const root = join(import.meta.dirname, '../../..');
export const node = join(root, 'node_modules/node/bin/node');

/** Kernel modules for overlay roots, container networks and their firewall rules. */
const moduleFolders = ['kernel/fs/overlayfs', 'kernel/net', 'kernel/drivers/net/veth.ko', 'kernel/lib'];
const programs = ['ip', 'iptables', 'iptables-restore', 'iptables-save', 'iptables-nft', 'xtables-nft-multi'];
/** Loaded by name at run time, so ldd does not show them. */
const libraries = [
  '/usr/lib/x86_64-linux-gnu/xtables',
  '/etc/alternatives',
  '/etc/protocols',
  '/etc/services',
];
const built = [
  'packages/runtime/build/launcher',
  'packages/images/build/archiver',
  'packages/network/build/netctl',
];

/**
 * Preloaded into every Node. V8 crashes now and then when it compiles code under the emulator ("Check failed:
 * it->second.Size() > offset"), so it only interprets (`--jitless`), and takes .ts files as the plain scripts that
 * they are here.
 */
const plainScripts = `import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
registerHooks({
  load: (url, context, next) =>
    url.startsWith('file:') && url.endsWith('.ts')
      ? { format: 'module', shortCircuit: true, source: readFileSync(fileURLToPath(url), 'utf8') }
      : next(url, context),
});
`;
export const nodeOptions = '--jitless --import=/etc/plain-scripts.mjs';

export interface Contents {
  kernel: Kernel;
  /** Shell script that is process 1. */
  init: string;
  /** More host files, such as a docker CLI. */
  extra: readonly string[];
}

export function writeContents(path: string, { kernel, init, extra }: Contents): void {
  using archive = new Initramfs(path);
  archive.characterDevice('/dev/console', 5, 1);
  archive.file('/init', init, 0o755);
  for (const directory of [
    '/proc',
    '/sys',
    '/run',
    '/tmp',
    '/var/lib',
    '/var/tmp',
    '/etc',
    '/usr/sbin',
    '/machine',
  ]) {
    archive.directory(directory);
  }
  for (const path of ['/bin', '/sbin', '/lib', '/lib64', '/usr/bin/env'])
    if (existsSync(path)) archive.directory(path);
  archive.file('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n');
  archive.file('/etc/group', 'root:x:0:\n');
  archive.file('/etc/plain-scripts.mjs', plainScripts);
  addProgram(archive, '/usr/bin/busybox');
  addProgram(archive, node);
  for (const name of programs) {
    const found = ['/usr/sbin', '/usr/bin']
      .map((folder) => join(folder, name))
      .find((file) => existsSync(file));
    if (found !== undefined) addProgram(archive, found);
  }
  for (const path of [...libraries, ...extra].filter(existsSync)) addProgram(archive, path);
  addModules(archive, kernel);
  addRepository(archive);
}

/** A program with the shared libraries it is linked to. */
function addProgram(archive: Initramfs, path: string): void {
  for (const file of [path, ...sharedLibraries(path)]) addLinked(archive, file);
}

/** A path with every link that leads from it to the file itself. */
function addLinked(archive: Initramfs, path: string): void {
  archive.hostPath(path);
  if (lstatSync(path).isSymbolicLink()) addLinked(archive, resolve(dirname(path), readlinkSync(path)));
}

function sharedLibraries(path: string): string[] {
  let output = '';
  try {
    output = execFileSync('ldd', [path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    // Statically linked, or no program at all.
  }
  return Array.from(output.matchAll(/(\/\S+) \(0x/g), ([, file = '']) => file);
}

function addModules(archive: Initramfs, { modules, version }: Kernel): void {
  const target = `/usr/lib/modules/${version}`;
  const add = (name: string): void => {
    for (const file of listFiles(join(modules, name))) {
      archive.file(file.replace(modules, target), readFileSync(file));
    }
  };
  for (const name of [...moduleFolders, 'modules.dep', 'modules.alias', 'modules.symbols']) add(name);
}

const listFiles = (path: string): string[] =>
  execFileSync('find', [path, '-type', 'f'], { encoding: 'utf8' }).split('\n').filter(Boolean);

function addRepository(archive: Initramfs): void {
  const isSource = (path: string): boolean =>
    !/\/(node_modules|web|ui|db|api|native|bench|browser|\.next|\.git)(\/|$)/.test(path.slice(root.length));
  for (const folder of ['packages', 'apps', 'e2e', 'package.json'])
    archive.hostPath(join(root, folder), isSource);
  for (const file of [...built, '.berth/busybox.tar'].map((name) => join(root, name))) {
    if (existsSync(file)) addProgram(archive, file);
  }
  const packages = new Set<string>();
  for (const workspace of ['apps/engine', 'e2e/cgroup2/..']) collectPackages(join(root, workspace), packages);
  for (const path of packages) archive.hostPath(path);
}

/** The packages a manifest depends on, and theirs, as npm laid them out. */
function collectPackages(directory: string, found: Set<string>): void {
  const manifest: { dependencies?: Record<string, string> } = JSON.parse(
    readFileSync(join(directory, 'package.json'), 'utf8'),
  );
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    const path = [join(directory, 'node_modules', name), join(root, 'node_modules', name)].find(existsSync);
    // The browser tests' packages are of no use here, and large.
    if (path === undefined || found.has(path) || /playwright|axe-core/.test(name)) continue;
    found.add(path);
    collectPackages(path, found);
  }
}
