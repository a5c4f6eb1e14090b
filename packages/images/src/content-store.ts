/**
 * Blobs by digest: `<data-root>/content/blobs/sha256/<hex>`. A blob is written beside (`content/ingest/`), its
 * digest and size checked while it streams by, and renamed into place. It becomes durable when the operation
 * that brought it syncs the file system, before anything refers to it; until then reconcile() would sweep it.
 */
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { internal, invalidParameter } from '@berth/engine-api';
import { type Digest, digestOf, hexOf, isDigest } from './digest.ts';

export interface Ingested {
  digest: Digest;
  size: number;
}

export interface IngestOptions {
  /** Refused when the content has another digest. */
  digest?: Digest;
  /** Refused as soon as the content grows larger, or when it ends smaller. */
  size?: number;
  signal: AbortSignal;
  /** Told the number of bytes written so far. */
  onBytes?: (total: number) => void;
}

const bufferSize = 1024 * 1024;

export class ContentStore {
  readonly #blobs: string;
  readonly #ingest: string;

  constructor(dataRoot: string) {
    this.#blobs = join(dataRoot, 'content', 'blobs', 'sha256');
    this.#ingest = join(dataRoot, 'content', 'ingest');
    mkdirSync(this.#blobs, { recursive: true, mode: 0o700 });
    mkdirSync(this.#ingest, { recursive: true, mode: 0o700 });
  }

  path(digest: Digest): string {
    return join(this.#blobs, hexOf(digest));
  }

  /** Bytes of a blob, `undefined` when it is not here. */
  size(digest: Digest): number | undefined {
    return statSync(this.path(digest), { throwIfNoEntry: false })?.size;
  }

  open(digest: Digest): Readable {
    return createReadStream(this.path(digest), { highWaterMark: bufferSize });
  }

  /** A small blob (manifest, config) as bytes. @throws internal when it is missing or larger than `limit`. */
  async read(digest: Digest, limit: number): Promise<Buffer> {
    const size = this.size(digest);
    if (size === undefined) throw internal(`content ${digest} is missing from the store`);
    if (size > limit) throw invalidParameter(`content ${digest} is larger than ${limit} bytes`);
    return readFile(this.path(digest));
  }

  async put(data: Uint8Array): Promise<Digest> {
    const digest = digestOf(data);
    if (this.size(digest) !== undefined) return digest;
    const temporary = this.#temporary();
    await writeFile(temporary, data, { mode: 0o600 });
    await rename(temporary, this.path(digest));
    return digest;
  }

  /** Streams content in. Nothing stays behind when it fails or is aborted. */
  async ingest(source: Readable | AsyncIterable<Buffer>, options: IngestOptions): Promise<Ingested> {
    const temporary = this.#temporary();
    const hash = createHash('sha256');
    let size = 0;
    const tap = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        size += chunk.length;
        checkGrowth(size, options.size);
        hash.update(chunk);
        options.onBytes?.(size);
        yield chunk;
      }
    };
    try {
      const output = createWriteStream(temporary, { mode: 0o600, highWaterMark: bufferSize });
      await pipeline(source, tap, output, { signal: options.signal });
      const digest = checkContent(hash, size, options);
      await rename(temporary, this.path(digest));
      return { digest, size };
    } catch (error) {
      await rm(temporary, { force: true });
      options.signal.throwIfAborted();
      throw error;
    }
  }

  /** Synchronous, so that nobody can begin to rely on the blob between the decision and the act. */
  remove(digest: Digest): void {
    try {
      unlinkSync(this.path(digest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  list(): Digest[] {
    return readdirSync(this.#blobs)
      .map((hex) => `sha256:${hex}`)
      .filter(isDigest);
  }

  /** Removes what an interrupted daemon left half-written. Only before the first operation. */
  async sweepIngest(): Promise<void> {
    await rm(this.#ingest, { recursive: true, force: true });
    mkdirSync(this.#ingest, { mode: 0o700 });
  }

  #temporary(): string {
    return join(this.#ingest, randomBytes(16).toString('hex'));
  }
}

const checkGrowth = (size: number, expected: number | undefined): void => {
  if (expected !== undefined && size > expected) {
    throw invalidParameter(`content is larger than the ${expected} bytes announced`);
  }
};

const checkContent = (hash: Hash, size: number, expected: IngestOptions): Digest => {
  const digest: Digest = `sha256:${hash.digest('hex')}`;
  if (expected.size !== undefined && size !== expected.size) {
    throw invalidParameter(`content has ${size} bytes, ${expected.size} were announced`);
  }
  if (expected.digest !== undefined && digest !== expected.digest) {
    throw invalidParameter(`content has the digest ${digest}, expected ${expected.digest}`);
  }
  return digest;
};
