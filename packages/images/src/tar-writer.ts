/** Writes plain tar members with fixed attributes, so that the same content gives the same bytes. */

const blockSize = 512;

const field = (header: Buffer, start: number, length: number, value: string): void => {
  if (Buffer.byteLength(value) > length) throw new RangeError(`"${value}" does not fit a tar header`);
  header.write(value, start, 'utf8');
};

const sizeField = (header: Buffer, size: number): void => {
  if (size < 8 ** 11) {
    field(header, 124, 12, size.toString(8).padStart(11, '0'));
  } else {
    // GNU's base-256 form: an octal field ends at 8 GiB.
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(size), 128);
  }
};

export interface Member {
  /** At most 100 bytes. */
  name: string;
  size: number;
  type?: 'file' | 'directory' | 'symlink';
  mode?: number;
  linkName?: string;
  /** Seconds since 1970; 0 when absent. */
  mtimeS?: number;
}

/** @throws RangeError when a name is too long for the format. */
export const tarHeader = ({ name, size, type = 'file', mode, linkName = '', mtimeS = 0 }: Member): Buffer => {
  const header = Buffer.alloc(blockSize);
  field(header, 0, 100, name);
  field(header, 100, 8, (mode ?? (type === 'directory' ? 0o755 : 0o644)).toString(8).padStart(7, '0'));
  field(header, 108, 8, '0000000');
  field(header, 116, 8, '0000000');
  sizeField(header, size);
  field(header, 136, 12, Math.floor(mtimeS).toString(8).padStart(11, '0'));
  field(header, 148, 8, '        ');
  field(header, 156, 1, { file: '0', directory: '5', symlink: '2' }[type]);
  field(header, 157, 100, linkName);
  field(header, 257, 8, 'ustar\u000000');
  const sum = header.reduce((total, byte) => total + byte, 0);
  field(header, 148, 8, `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
};

export const tarPadding = (size: number): Buffer =>
  Buffer.alloc((blockSize - (size % blockSize)) % blockSize);

/** Two empty blocks. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * blockSize);

/** One small member, complete. */
export const tarMember = (name: string, content: Uint8Array | string): Buffer => {
  const data = Buffer.from(content);
  return Buffer.concat([tarHeader({ name, size: data.length }), data, tarPadding(data.length)]);
};
