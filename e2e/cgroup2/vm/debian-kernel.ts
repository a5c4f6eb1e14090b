/** Debian's kernel for cloud machines, downloaded as a package and unpacked, not installed. */
import { type ExecFileSyncOptions, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Kernel {
  /** Name of its directory below lib/modules. */
  version: string;
  image: string;
  /** Directory with modules and modules.dep. */
  modules: string;
}

/** @throws when apt cannot download it; the message is apt's. */
export function fetchKernel(cache: string): Kernel {
  const root = join(cache, 'kernel');
  if (!existsSync(join(root, 'complete'))) {
    rmSync(root, { recursive: true, force: true });
    mkdirSync(join(root, 'complete.part'), { recursive: true });
    unpack(root, newestPackage());
  }
  const [version] = readdirSync(join(root, 'lib/modules'));
  if (version === undefined) throw new Error('the kernel package has no modules');
  const modules = join(root, 'lib/modules', version);
  return { version, image: join(root, 'boot', `vmlinuz-${version}`), modules };
}

/** linux-image-cloud-amd64 only depends on the package with the newest version in its name. */
function newestPackage(): string {
  const output = execFileSync('apt-cache', ['depends', 'linux-image-cloud-amd64'], { encoding: 'utf8' });
  const name = /Depends: (linux-image-\S+)/.exec(output)?.[1];
  if (name === undefined) throw new Error('apt knows no package linux-image-cloud-amd64; run apt-get update');
  return name;
}

function unpack(root: string, name: string): void {
  const options: ExecFileSyncOptions = { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] };
  // apt's own unprivileged user cannot write here, and says so, but downloads all the same.
  execFileSync('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', name], options);
  const archive = readdirSync(root).find((file) => file.endsWith('.deb'));
  if (archive === undefined) throw new Error(`apt-get downloaded nothing for ${name}`);
  execFileSync('dpkg', ['-x', archive, root], options);
  rmSync(join(root, archive));
  const [version = ''] = readdirSync(join(root, 'lib/modules'));
  execFileSync('busybox', ['depmod', '-b', root, version], options);
  mkdirSync(join(root, 'complete'));
}
