/** What the tests of this package share: a store in a temp directory, tars of any shape, image archives. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Digest, digestOf, hexOf } from './digest.ts';
import { createImages, type ImagesOptions } from './images.ts';
import type { Logger } from './logger.ts';
import { tarEnd, tarHeader, tarMember, tarPadding } from './tar-writer.ts';
import type { Images, ProgressMessage } from './types.ts';

export const archiverPath = join(import.meta.dirname, '..', 'build', 'archiver');
export const isRoot = process.getuid?.() === 0;
export const needsRoot = isRoot ? {} : { skip: 'needs root: layers keep owners and are confined by mounts' };

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export interface TempDirectory extends Disposable {
  path: string;
}

export const tempDirectory = (): TempDirectory => {
  const path = mkdtempSync(join(tmpdir(), 'berth-images-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
};

export interface TestStore extends TempDirectory {
  images: Images;
  /** A second daemon on the same data, as after a restart. */
  reopen: () => Images;
}

export const testStore = (options: Partial<ImagesOptions> = {}): TestStore => {
  const { path, [Symbol.dispose]: dispose } = tempDirectory();
  const reopen = (): Images =>
    createImages({ dataRoot: path, archiverPath, logger: silentLogger, ...options });
  return { path, images: reopen(), reopen, [Symbol.dispose]: dispose };
};

interface RawEntry {
  name: string;
  /** tar's type flag: '0' file, '1' hard link, '2' symbolic link, '3' character device, '5' directory. */
  type?: '0' | '1' | '2' | '3' | '4' | '5' | '6';
  link?: string;
  content?: string | Buffer;
  mode?: number;
  uid?: number;
  device?: [major: number, minor: number];
  /** pax records that go before the entry. */
  pax?: Record<string, string | Buffer>;
}

const octal = (value: number, width: number): string => value.toString(8).padStart(width, '0');

const paxBody = (records: Record<string, string | Buffer>): Buffer =>
  Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
      let length = rest.length + 1;
      while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
      return Buffer.concat([Buffer.from(String(length)), rest]);
    }),
  );

/** One entry with everything a hostile writer may put in it. Names over 100 bytes need `pax: { path }`. */
const rawEntry = (entry: RawEntry): Buffer => {
  const { type = '0', link = '', mode = type === '5' ? 0o755 : 0o644, uid = 0, device, pax } = entry;
  const content = Buffer.from(entry.content ?? '');
  const header = tarHeader({ name: entry.name, size: content.length, mode, linkName: link });
  header.write(`${octal(uid, 7)}\0`, 108);
  header.write(type, 156);
  if (device !== undefined) header.write(`${octal(device[0], 7)}\0${octal(device[1], 7)}\0`, 329);
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  const extension = pax === undefined ? Buffer.alloc(0) : paxBody(pax);
  const before = pax === undefined ? [] : [rawExtension(extension), extension, tarPadding(extension.length)];
  return Buffer.concat([...before, header, content, tarPadding(content.length)]);
};

const rawExtension = (body: Buffer): Buffer => {
  const header = tarHeader({ name: 'PaxHeaders/x', size: body.length });
  header.write('x', 156);
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return header;
};

export const tar = (...entries: RawEntry[]): Buffer => Buffer.concat([...entries.map(rawEntry), tarEnd()]);

export interface ArchiveImage {
  names: string[] | null;
  /** Plain tars, lowest first. */
  layers: Buffer[];
  /** What is stored for each layer; the plain tar when absent. */
  encode?: (layer: Buffer) => Buffer;
  config?: object;
}

const configOf = ({ layers, config }: ArchiveImage): Buffer =>
  Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created: '2024-01-02T03:04:05Z',
      config: { Cmd: ['sh'], ...config },
      rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
      history: layers.map((_, at) => ({ created_by: `step ${at}` })),
    }),
  );

/** As `docker save` of Docker 20 wrote it. */
export const dockerArchive = (...images: ArchiveImage[]): Buffer => {
  const members: Buffer[] = [];
  const manifest = images.map((image) => {
    const config = configOf(image);
    const configName = `${hexOf(digestOf(config))}.json`;
    members.push(tarMember(configName, config));
    const layers = image.layers.map((layer) => {
      const name = `${hexOf(digestOf(layer))}/layer.tar`;
      members.push(tarMember(name, image.encode?.(layer) ?? layer));
      return name;
    });
    return { Config: configName, RepoTags: image.names, Layers: layers };
  });
  return Buffer.concat([...members, tarMember('manifest.json', JSON.stringify(manifest)), tarEnd()]);
};

/** An OCI layout; each name becomes an entry of index.json with the annotation `annotation`. */
export const ociArchive = (
  image: ArchiveImage,
  annotation: string,
): { archive: Buffer; manifest: Digest } => {
  const blobs = new Map<Digest, Buffer>();
  const add = (data: Buffer, mediaType: string): object => {
    blobs.set(digestOf(data), data);
    return { mediaType, digest: digestOf(data), size: data.length };
  };
  const layers = image.layers.map((layer) =>
    add(image.encode?.(layer) ?? layer, 'application/vnd.oci.image.layer.v1.tar+gzip'),
  );
  const config = add(configOf(image), 'application/vnd.oci.image.config.v1+json');
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }));
  const descriptor = add(manifest, mediaType);
  const manifests = (image.names ?? []).map((name) => ({
    ...descriptor,
    annotations: { [annotation]: name },
  }));
  const archive = Buffer.concat([
    tarMember('oci-layout', '{"imageLayoutVersion":"1.0.0"}'),
    tarMember('index.json', JSON.stringify({ schemaVersion: 2, manifests })),
    ...[...blobs].map(([digest, data]) => tarMember(`blobs/sha256/${hexOf(digest)}`, data)),
    tarEnd(),
  ]);
  return { archive, manifest: digestOf(manifest) };
};

/** A stream in small pieces, as it comes from a client. */
export const streamOf = (data: Buffer, pieceSize = 10_007): Readable => {
  const pieces = function* (): Generator<Buffer> {
    for (let at = 0; at < data.length; at += pieceSize) yield data.subarray(at, at + pieceSize);
  };
  return Readable.from(pieces(), { objectMode: false });
};

export const quiet = (): { signal: AbortSignal; onProgress: () => void } => ({
  signal: new AbortController().signal,
  onProgress: () => undefined,
});

export const recorded = (): {
  signal: AbortSignal;
  onProgress: (message: ProgressMessage) => void;
  messages: ProgressMessage[];
} => {
  const messages: ProgressMessage[] = [];
  return {
    signal: new AbortController().signal,
    onProgress: (message) => {
      messages.push(message);
    },
    messages,
  };
};
