/** Tar archives that no honest program writes. */
import { createHash } from 'node:crypto';

export interface TarEntry {
  name: string;
  /** ustar type flag: 0 file, 1 hard link, 2 symbolic link, 3 character device, 4 block device, 5 directory. */
  type?: '0' | '1' | '2' | '3' | '4' | '5';
  content?: string | Buffer;
  link?: string;
  device?: [major: number, minor: number];
  mode?: number;
  /** What the header says, when it lies. */
  size?: number;
}

const block = 512;

export function tar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(entryBlocks), Buffer.alloc(2 * block)]);
}

function entryBlocks(entry: TarEntry): Buffer[] {
  const content = Buffer.from(entry.content ?? '');
  const long = Buffer.byteLength(entry.name) > 100 ? gnuLongName(entry.name) : [];
  return [...long, header(entry, entry.size ?? content.length), padded(content)];
}

function gnuLongName(name: string): Buffer[] {
  const content = Buffer.from(`${name}\0`);
  return [header({ name: '././@LongLink' }, content.length, 'L'), padded(content)];
}

const padded = (content: Buffer): Buffer =>
  Buffer.concat([content, Buffer.alloc((block - (content.length % block)) % block)]);

function header(entry: TarEntry, size: number, type: string = entry.type ?? '0'): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number): void => {
    bytes.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  bytes.write(entry.name, 0, 100);
  octal(entry.mode ?? 0o755, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  bytes.write(type, 156);
  bytes.write(entry.link ?? '', 157, 100);
  bytes.write('ustar\x0000', 257, 'latin1');
  octal(entry.device?.[0] ?? 0, 329, 8);
  octal(entry.device?.[1] ?? 0, 337, 8);
  bytes.fill(' ', 148, 156);
  octal(
    bytes.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return bytes;
}

export const sha256 = (data: string | Buffer): string =>
  `sha256:${createHash('sha256').update(data).digest('hex')}`;

/** A docker-archive of one layer; `changes` spoil what would be right. */
export function dockerArchive(
  layer: Buffer,
  changes: { manifest?: object | string; config?: object | string; layers?: string[]; tag?: string } = {},
): Buffer {
  const text = (value: object | string): string =>
    typeof value === 'string' ? value : JSON.stringify(value);
  const config = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [sha256(layer)] },
    config: { Cmd: ['sh'] },
  };
  const manifest = [
    {
      Config: 'config.json',
      RepoTags: [changes.tag ?? 'hostile:latest'],
      Layers: changes.layers ?? ['layer.tar'],
    },
  ];
  return tar([
    { name: 'config.json', content: text(changes.config ?? config) },
    { name: 'layer.tar', content: layer },
    { name: 'manifest.json', content: text(changes.manifest ?? manifest) },
  ]);
}
