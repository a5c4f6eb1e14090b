/**
 * Writes an initramfs: a cpio archive in "newc" form (kernel Documentation/driver-api/early-userspace/buffer-format).
 * Host files keep their paths, so programs find their libraries and node finds its packages.
 */
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeSync,
} from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

const typeDirectory = 0o040_000;
const typeFile = 0o100_000;
const typeLink = 0o120_000;
const typeCharacterDevice = 0o020_000;

/** TypeScript without its types: the Node in the machine runs without WebAssembly, which stripping them needs. */
const plainScript = (path: string, content: Buffer): string | Buffer =>
  /(?<!\.d)\.ts$/.test(path) && !path.includes('/node_modules/')
    ? stripTypeScriptTypes(content.toString())
    : content;

export class Initramfs implements Disposable {
  readonly #fd: number;
  readonly #written = new Set<string>(['/']);
  #inode = 0;

  constructor(path: string) {
    this.#fd = openSync(path, 'w');
  }

  /** Adds one entry and the directories it is in; what is there already stays as it is. */
  #entry(path: string, mode: number, data: Buffer, device: [number, number] = [0, 0]): void {
    if (this.#written.has(path)) return;
    this.directory(dirname(path));
    this.#written.add(path);
    const name = Buffer.from(`${path.slice(1)}\0`);
    const fields = [++this.#inode, mode, 0, 0, 1, 0, data.length, 0, 0, ...device, name.length, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
    this.#write(Buffer.concat([Buffer.from(header), name]));
    this.#write(data);
  }

  /** Header with name, and data, are each padded to four bytes. */
  #write(data: Buffer): void {
    const padded = Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
    for (let done = 0; done < padded.length; ) done += writeSync(this.#fd, padded, done);
  }

  directory(path: string): void {
    if (path === '/' || this.#written.has(path)) return;
    // /bin, /lib and the like are links into /usr on the host.
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) this.link(path, readlinkSync(path));
    else this.#entry(path, typeDirectory | 0o755, Buffer.alloc(0));
  }

  link(path: string, target: string): void {
    this.#entry(path, typeLink | 0o777, Buffer.from(target));
  }

  file(path: string, content: string | Buffer, mode = 0o644): void {
    this.#entry(path, typeFile | mode, Buffer.from(content));
  }

  characterDevice(path: string, major: number, minor: number): void {
    this.#entry(path, typeCharacterDevice | 0o600, Buffer.alloc(0), [major, minor]);
  }

  /** A file, link or whole directory of the host, under the same path. */
  hostPath(path: string, keep: (path: string) => boolean = () => true): void {
    const real = join(realpathSync(dirname(path)), path.slice(dirname(path).length));
    if (!keep(real)) return;
    const stat = lstatSync(real);
    if (stat.isSymbolicLink()) this.link(real, readlinkSync(real));
    else if (stat.isFile()) this.file(real, plainScript(real, readFileSync(real)), stat.mode & 0o777);
    else if (stat.isDirectory()) {
      this.directory(real);
      for (const name of readdirSync(real)) this.hostPath(join(real, name), keep);
    }
    if (real !== path) this.directory(dirname(path));
  }

  [Symbol.dispose](): void {
    this.#entry('/TRAILER!!!', 0, Buffer.alloc(0));
    closeSync(this.#fd);
  }
}
