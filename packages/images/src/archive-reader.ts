/** The files of an image archive: content in the store, names only in memory. */
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { invalidParameter } from '@berth/engine-api';
import { decompressAs, detect } from './compression.ts';
import type { Ingested } from './content-store.ts';
import { isDigest } from './digest.ts';
import type { Lease } from './leases.ts';
import type { Store } from './store.ts';
import { readTar, type TarEntry } from './tar-reader.ts';

const maxEntries = 100_000;
const maxLinks = 16;

export class ArchiveFiles {
  readonly #files = new Map<string, Ingested>();
  readonly #links = new Map<string, string>();

  add(name: string, file: Ingested): void {
    this.#files.set(clean(name), file);
    this.#links.delete(clean(name));
  }

  /** Old `docker save` wrote a repeated layer as a symbolic link to the first. */
  link(entry: TarEntry): void {
    const name = clean(entry.name);
    const target =
      entry.type === 'symlink' ? posix.join(posix.dirname(name), entry.linkName) : entry.linkName;
    this.#links.set(name, clean(target));
  }

  get size(): number {
    return this.#files.size + this.#links.size;
  }

  find(name: string): Ingested | undefined {
    let at = clean(name);
    for (let hops = 0; hops < maxLinks; hops++) {
      const file = this.#files.get(at);
      if (file !== undefined) return file;
      const target = this.#links.get(at);
      if (target === undefined) return undefined;
      at = target;
    }
    return undefined;
  }

  /** @throws invalidParameter naming the file */
  require(name: string): Ingested {
    const file = this.find(name);
    if (file === undefined) throw invalidParameter(`the archive has no file "${name.slice(0, 200)}"`);
    return file;
  }

  all(): Iterable<Ingested> {
    return this.#files.values();
  }
}

/** Names are keys of a map here and never paths, so cleaning only makes equal what means the same. */
const clean = (name: string): string => posix.normalize(`/${name}`).replace(/\/$/, '');

/** Streams the archive into the content store. @throws invalidParameter when it is no (compressed) tar. */
export const readArchive = async (
  store: Store,
  archive: Readable,
  options: { lease: Lease; signal: AbortSignal },
): Promise<ArchiveFiles> => {
  const { compression, stream } = await detect(archive);
  const plain = decompressAs(compression, stream, store.archiver);
  const stop = (): void => {
    plain.destroy();
    archive.destroy();
  };
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    const files = new ArchiveFiles();
    for await (const entry of readTar(plain)) await keep(store, files, entry, options);
    return files;
  } catch (error) {
    options.signal.throwIfAborted();
    throw error;
  } finally {
    options.signal.removeEventListener('abort', stop);
    plain.destroy();
  }
};

const keep = async (
  store: Store,
  files: ArchiveFiles,
  entry: TarEntry,
  { lease, signal }: { lease: Lease; signal: AbortSignal },
): Promise<void> => {
  if (files.size >= maxEntries) throw invalidParameter(`the archive has more than ${maxEntries} files`);
  if (entry.type === 'symlink' || entry.type === 'hardlink') files.link(entry);
  if (entry.type !== 'file') return;
  const named = /^(?:\.\/)*blobs\/sha256\/([0-9a-f]{64})$/.exec(entry.name)?.[1];
  const digest = `sha256:${named}`;
  const file = await store.content.ingest(entry.content, {
    signal,
    size: entry.size,
    ...(isDigest(digest) ? { digest } : {}),
  });
  lease.hold(file.digest);
  files.add(entry.name, file);
};
