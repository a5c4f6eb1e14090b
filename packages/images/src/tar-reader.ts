/**
 * Reads the outer tar of an image archive as a stream: ustar, pax and GNU headers. Nothing here becomes a path;
 * the loader keeps the content by digest and the names in memory. (Layers are read by the archiver.)
 */
import { invalidParameter } from '@berth/engine-api';

export interface TarEntry {
  name: string;
  type: 'file' | 'hardlink' | 'symlink' | 'directory' | 'other';
  size: number;
  linkName: string;
  /** The content; what is not read is skipped before the next entry. */
  content: AsyncGenerator<Buffer>;
}

const blockSize = 512;
const maxExtensionBytes = 1024 * 1024;

/** Hands out exact numbers of bytes from chunks of any size. */
class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Up to `length` bytes; an empty buffer at the end. */
  async some(length: number): Promise<Buffer> {
    if (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return Buffer.alloc(0);
      this.#rest = next.value;
    }
    const part = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }

  /** Exactly `length` bytes, or `undefined` at a clean end. */
  async exactly(length: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for (let left = length; left > 0; ) {
      const part = await this.some(left);
      if (part.length === 0 && left === length) return undefined;
      if (part.length === 0) throw invalidParameter('unexpected EOF: the archive is cut off');
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  async drain(): Promise<void> {
    this.#rest = Buffer.alloc(0);
    while (!(await this.#chunks.next()).done);
  }
}

const text = (header: Buffer, start: number, length: number): string => {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString('utf8');
};

const number = (header: Buffer, start: number, length: number): number => {
  const first = header[start] ?? 0;
  let value: number;
  if (first & 0x80) {
    // GNU's base-256 form for sizes of 8 GiB and more.
    value = first & 0x7f;
    for (let at = start + 1; at < start + length; at++) value = value * 256 + (header[at] ?? 0);
  } else {
    const digits = text(header, start, length).trim();
    value = digits === '' ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  }
  if (!Number.isSafeInteger(value)) throw invalidParameter('the archive has a header with a broken number');
  return value;
};

const checkSum = (header: Buffer): void => {
  let sum = 0;
  for (let at = 0; at < blockSize; at++) sum += at >= 148 && at < 156 ? 32 : (header[at] ?? 0);
  if (sum !== Number.parseInt(text(header, 148, 8).trim(), 8)) {
    throw invalidParameter('the archive is not a tar file (wrong header checksum)');
  }
};

/** "27 path=some/name\n" records. */
const parsePax = (data: Buffer): Map<string, string> => {
  const records = new Map<string, string>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(data.subarray(at, space).toString('latin1'));
    const end = at + length;
    if (!(length > 0) || end > data.length || space >= end) {
      throw invalidParameter('the archive has a broken pax header');
    }
    const record = data.subarray(space + 1, end - 1);
    const equals = record.indexOf(0x3d);
    if (equals > 0) {
      records.set(record.subarray(0, equals).toString('utf8'), record.subarray(equals + 1).toString('utf8'));
    }
    at = end;
  }
  return records;
};

const types: Record<string, TarEntry['type']> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
};

interface Extensions {
  name?: string | undefined;
  linkName?: string | undefined;
  size?: number | undefined;
}

const baseName = (header: Buffer): string => {
  const name = text(header, 0, 100);
  const prefix = text(header, 257, 6) === 'ustar' ? text(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
};

const readExtension = async (source: ByteSource, size: number): Promise<Buffer> => {
  if (size > maxExtensionBytes) throw invalidParameter('the archive has a header longer than 1 MiB');
  const padded = Math.ceil(size / blockSize) * blockSize;
  const data = padded === 0 ? Buffer.alloc(0) : await source.exactly(padded);
  if (data === undefined) throw invalidParameter('unexpected EOF: the archive is cut off');
  return data.subarray(0, size);
};

/** @returns whether the header was one that only extends the next. */
const extend = async (source: ByteSource, header: Buffer, extensions: Extensions): Promise<boolean> => {
  const flag = String.fromCharCode(header[156] ?? 0);
  if (!'xgLK'.includes(flag)) return false;
  const data = await readExtension(source, number(header, 124, 12));
  if (flag === 'L') extensions.name = text(data, 0, data.length);
  if (flag === 'K') extensions.linkName = text(data, 0, data.length);
  if (flag === 'x') {
    const records = parsePax(data);
    const size = records.get('size');
    extensions.name = records.get('path') ?? extensions.name;
    extensions.linkName = records.get('linkpath') ?? extensions.linkName;
    if (size !== undefined) extensions.size = Number(size);
  }
  return true;
};

/** @throws invalidParameter when the bytes are no tar. */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const source = new ByteSource(chunks);
  let extensions: Extensions = {};
  for (;;) {
    const header = await source.exactly(blockSize);
    if (header === undefined || header.every((byte) => byte === 0)) break;
    checkSum(header);
    if (await extend(source, header, extensions)) continue;
    const type = types[String.fromCharCode(header[156] ?? 0)] ?? 'other';
    const size = type === 'file' || type === 'other' ? (extensions.size ?? number(header, 124, 12)) : 0;
    if (!Number.isSafeInteger(size) || size < 0)
      throw invalidParameter('the archive has a file of broken size');
    const content = contentOf(source, size);
    yield {
      name: extensions.name ?? baseName(header),
      linkName: extensions.linkName ?? text(header, 157, 100),
      type,
      size,
      content,
    };
    for await (const _ of content); // Whatever the consumer did not want.
    extensions = {};
  }
  await source.drain();
}

async function* contentOf(source: ByteSource, size: number): AsyncGenerator<Buffer> {
  for (let left = size; left > 0; ) {
    const part = await source.some(left);
    if (part.length === 0) throw invalidParameter('unexpected EOF: the archive is cut off');
    left -= part.length;
    yield part;
  }
  const padding = (blockSize - (size % blockSize)) % blockSize;
  if (padding > 0) await source.exactly(padding);
}
