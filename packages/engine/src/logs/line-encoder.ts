/**
 * Turns lines of a json-file log into Docker's log stream, byte by byte instead of through JSON.parse: reading
 * back a large log is bound by this loop. Lines as the launcher writes them take the fast path,
 * `{"log":"…","stream":"stdout","time":"…"}`; anything else that is JSON takes the slow one.
 */
import { encodeRecord } from './slow-line.ts';

export interface LineOptions {
  stdout: boolean;
  stderr: boolean;
  timestamps: boolean;
  details: boolean;
  /** Docker's 8-byte frame headers; without them the bytes stand alone. */
  multiplexed: boolean;
  sinceMs: number | undefined;
  untilMs: number | undefined;
}

export interface LineEncoder {
  /** Encodes the complete lines of `bytes`; the result is what follows the last of them. */
  encode(bytes: Buffer): Buffer;
  /** The output so far, as few large chunks; the encoder is empty afterwards. */
  take(): Buffer[];
  /** A line later than `until` was seen: the rest of the log is of no interest. */
  readonly finished: boolean;
}

const chunkBytes = 128 * 1024;
const headerBytes = 8;
/** "2006-01-02T15:04:05.000000000Z " */
const timestampBytes = 31;
const newline = 0x0a;
const quote = 0x22;
const backslash = 0x5c;

const logPrefix = Buffer.from('{"log":"');
const streamKey = Buffer.from(',"stream":"std');
const timeKey = Buffer.from(',"time":"');

export const createLineEncoder = (options: LineOptions): LineEncoder => new Encoder(options);

class Encoder implements LineEncoder {
  readonly #options: LineOptions;
  readonly #lead: number;
  readonly #full: Buffer[] = [];
  #out = Buffer.allocUnsafe(chunkBytes);
  #length = 0;
  #finished = false;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#lead = (options.multiplexed ? headerBytes : 0) + (options.timestamps ? timestampBytes : 0);
  }

  get finished(): boolean {
    return this.#finished;
  }

  encode(bytes: Buffer): Buffer {
    const end = bytes.lastIndexOf(newline) + 1;
    let position = 0;
    while (position < end && !this.#finished) {
      const next = this.#options.details ? -1 : this.#fastLine(bytes, position, end);
      position = next === -1 ? this.#slowLine(bytes, position) : next;
    }
    return bytes.subarray(end);
  }

  take(): Buffer[] {
    this.#flush(0);
    return this.#full.splice(0);
  }

  /** The position after the line, or -1 when it has another form (nothing is written then). */
  #fastLine(bytes: Buffer, start: number, end: number): number {
    if (!matches(bytes, start, logPrefix)) return -1;
    const contentStart = start + logPrefix.length;
    // Every byte of output comes from at least one of input, so the rest of the line bounds what is needed.
    if (this.#out.length - this.#length < chunkBytes / 4) this.#flush(0);
    const out = this.#out;
    const outStart = this.#length + this.#lead;
    const limit = Math.min(end, contentStart + out.length - outStart);
    let i = contentStart;
    let o = outStart;
    for (;;) {
      if (i >= limit) return -1;
      const byte = bytes[i] as number;
      if (byte === quote) break;
      if (byte !== backslash) {
        out[o++] = byte;
        i++;
        continue;
      }
      const plain = escapedByte(bytes[i + 1] as number);
      if (plain === -1) return -1;
      out[o++] = plain;
      i += 2;
    }
    return this.#finishFastLine(bytes, i + 1, end, o);
  }

  #finishFastLine(bytes: Buffer, afterContent: number, end: number, outEnd: number): number {
    if (!matches(bytes, afterContent, streamKey)) return -1;
    const nameStart = afterContent + streamKey.length;
    const isError = bytes[nameStart] === 0x65;
    const afterStream = nameStart + 4;
    if (!matches(bytes, afterStream, timeKey)) return -1;
    const timeStart = afterStream + timeKey.length;
    let timeEnd = timeStart;
    while (timeEnd < end && bytes[timeEnd] !== quote) timeEnd++;
    if (bytes[timeEnd + 1] !== 0x7d || bytes[timeEnd + 2] !== newline) return -1;
    const next = timeEnd + 3;
    if (!this.#wanted(isError, bytes, timeStart, timeEnd)) return next;
    if (this.#options.timestamps && !this.#writeTimestamp(bytes, timeStart, timeEnd)) return -1;
    this.#writeHeader(isError, outEnd);
    this.#length = outEnd;
    return next;
  }

  #wanted(isError: boolean, bytes: Buffer, timeStart: number, timeEnd: number): boolean {
    const { stdout, stderr, sinceMs, untilMs } = this.#options;
    if (sinceMs !== undefined || untilMs !== undefined) {
      const time = Date.parse(bytes.toString('latin1', timeStart, timeEnd));
      if (sinceMs !== undefined && time < sinceMs) return false;
      if (untilMs !== undefined && time > untilMs) this.#finished = true;
      if (this.#finished) return false;
    }
    return isError ? stderr : stdout;
  }

  #writeHeader(isError: boolean, outEnd: number): void {
    if (!this.#options.multiplexed) return;
    this.#out.writeUInt32BE(isError ? 0x02000000 : 0x01000000, this.#length);
    this.#out.writeUInt32BE(outEnd - this.#length - headerBytes, this.#length + 4);
  }

  /** "2006-01-02T15:04:05.12Z" with its fraction filled up to nine digits; false for another time zone. */
  #writeTimestamp(bytes: Buffer, start: number, end: number): boolean {
    const secondsLength = 19;
    const length = end - start;
    if (bytes[end - 1] !== 0x5a || length < secondsLength + 1 || length > timestampBytes - 1) return false;
    const out = this.#out;
    const at = this.#length + (this.#options.multiplexed ? headerBytes : 0);
    bytes.copy(out, at, start, start + secondsLength);
    out[at + secondsLength] = 0x2e;
    for (let digit = 1; digit <= 9; digit++) {
      const from = start + secondsLength + digit;
      out[at + secondsLength + digit] = from < end - 1 ? (bytes[from] as number) : 0x30;
    }
    out[at + timestampBytes - 2] = 0x5a;
    out[at + timestampBytes - 1] = 0x20;
    return true;
  }

  #slowLine(bytes: Buffer, start: number): number {
    const end = bytes.indexOf(newline, start);
    const record = encodeRecord(bytes.toString('utf8', start, end), this.#options);
    if (record === 'finished') this.#finished = true;
    else if (record) this.#append(record);
    return end + 1;
  }

  #append(record: Buffer): void {
    if (this.#out.length - this.#length < record.length) this.#flush(record.length);
    record.copy(this.#out, this.#length);
    this.#length += record.length;
  }

  #flush(atLeast: number): void {
    if (this.#length > 0) this.#full.push(this.#out.subarray(0, this.#length));
    else if (this.#out.length >= Math.max(atLeast, chunkBytes)) return;
    this.#out = Buffer.allocUnsafe(Math.max(atLeast, chunkBytes));
    this.#length = 0;
  }
}

function matches(bytes: Buffer, at: number, expected: Buffer): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
  return true;
}

/** The byte that a two-character JSON escape stands for; -1 for `\u`. */
function escapedByte(letter: number): number {
  switch (letter) {
    case 0x6e:
      return 0x0a;
    case 0x74:
      return 0x09;
    case 0x72:
      return 0x0d;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case quote:
    case backslash:
    case 0x2f:
      return letter;
    default:
      return -1;
  }
}
