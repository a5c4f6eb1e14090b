/** A real registry (Distribution) on a loopback port of its own, and images to push to it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hostPlatform, tarEnd, tarMember } from '@berth/images';
import { busyboxRootfs } from '../../scripts/busybox-image.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

export class PrivateRegistry implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(port: number, child: ChildProcess, directory: string) {
    this.port = port;
    this.#child = child;
    this.#directory = directory;
  }

  static async start(): Promise<PrivateRegistry> {
    const directory = await mkdtemp(join(tmpdir(), 'berth-registry-'));
    const port = await freePort();
    const config = join(directory, 'config.yml');
    // JSON is YAML.
    const settings = {
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: join(directory, 'data') } },
      http: { addr: `127.0.0.1:${port}` },
    };
    await writeFile(config, JSON.stringify(settings));
    const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
    await until('the registry answers', async () => {
      if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
      const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
      return answer?.ok;
    });
    return new PrivateRegistry(port, child, directory);
  }

  /** Pushes busybox with further layers of random (incompressible) bytes on top. */
  async push(name: string, layerSizes: readonly number[]): Promise<void> {
    const archive = join(this.#directory, `${sha256(name)}.tar`);
    await writeFile(archive, await imageArchive(name, layerSizes));
    const target = `docker://127.0.0.1:${this.port}/${name}`;
    await run('skopeo', [
      ...['--insecure-policy', 'copy', '--dest-tls-verify=false'],
      ...[`docker-archive:${archive}`, target],
    ]);
    await rm(archive);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** A docker-archive named `name`. */
export async function imageArchive(name: string, layerSizes: readonly number[]): Promise<Buffer> {
  const extra = layerSizes.map((size, index) =>
    Buffer.concat([tarMember(`ballast-${index}`, randomBytes(size)), tarEnd()]),
  );
  const layers = [await busyboxRootfs(), ...extra];
  const config = JSON.stringify({
    ...hostPlatform,
    created: new Date().toISOString(),
    config: { Cmd: ['sh'] },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${sha256(layer)}`) },
    history: layers.map((_, index) => ({ created_by: `layer ${index}` })),
  });
  const paths = layers.map((layer) => `${sha256(layer)}/layer.tar`);
  const manifest = [{ Config: `${sha256(config)}.json`, RepoTags: [name], Layers: paths }];
  return Buffer.concat([
    tarMember(`${sha256(config)}.json`, config),
    ...layers.map((layer, index) => tarMember(paths[index] ?? '', layer)),
    tarMember('manifest.json', JSON.stringify(manifest)),
    tarEnd(),
  ]);
}
