/** Compression is told by the first bytes, never by a name or a media type somebody wrote. */
import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { invalidParameter } from '@berth/engine-api';
import type { Archiver } from './archiver.ts';

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2';

const magics: readonly [Compression, readonly number[]][] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68]],
];
const magicLength = 6;
const chunkSize = 256 * 1024;

/** What the first six bytes of a file say. */
export const compressionOf = (start: Uint8Array): Compression =>
  magics.find(([, magic]) => magic.every((byte, at) => start[at] === byte))?.[0] ?? 'none';

/** Looks at the first bytes; the stream that comes back has them again. Destroying it destroys the source. */
const peek = async (source: Readable): Promise<{ start: Buffer; stream: Readable }> => {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let start = Buffer.alloc(0);
  while (start.length < magicLength) {
    const next = await chunks.next();
    if (next.done) break;
    start = Buffer.concat([start, next.value]);
  }
  const replay = async function* (): AsyncGenerator<Buffer> {
    if (start.length > 0) yield start;
    yield* { [Symbol.asyncIterator]: () => chunks };
  };
  return { start, stream: Readable.from(replay(), { objectMode: false }) };
};

/** zlib's own errors are about the input, and so the user's. */
const translate = (compression: Compression, cause: unknown): unknown => {
  const isZlib = cause instanceof Error && 'code' in cause && /^Z(?:_|STD_)/.test(String(cause.code));
  return isZlib ? invalidParameter(`${compression}: ${cause.message}`, { cause }) : cause;
};

const through = (compression: Compression, source: Readable, decoder: Transform): Readable => {
  // pipeline hands every failure to the last stream; the loop below is where it surfaces.
  pipeline(source, decoder, () => undefined);
  const chunks = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* decoder as AsyncIterable<Buffer>;
    } catch (error) {
      throw translate(compression, error);
    }
  };
  return Readable.from(chunks(), { objectMode: false });
};

/** The plain bytes of `source`. A failure of any part surfaces on the stream that is returned. */
export const decompressAs = (compression: Compression, source: Readable, archiver: Archiver): Readable => {
  switch (compression) {
    case 'none':
      return source;
    case 'gzip':
      return through(compression, source, createGunzip({ chunkSize }));
    case 'zstd':
      return through(compression, source, createZstdDecompress({ chunkSize }));
    case 'xz':
    case 'bzip2':
      return archiver.decompress(source);
  }
};

export const detect = async (source: Readable): Promise<{ compression: Compression; stream: Readable }> => {
  const { start, stream } = await peek(source);
  return { compression: compressionOf(start), stream };
};
