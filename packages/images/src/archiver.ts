/**
 * The archiver program as functions. It is the only code that resolves names inside layers; this side only
 * moves bytes. A call is one process, killed when its signal aborts or the daemon dies.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { internal, invalidParameter } from '@berth/engine-api';

export interface UnpackRequest {
  /** The uncompressed tar: a stream, or an open file that the archiver reads itself. */
  input: Readable | { fd: number };
  directory: string;
  /** Layers below, topmost first; directories the tar leaves out take their attributes. */
  lower: readonly string[];
  signal: AbortSignal;
}

export interface Archiver {
  /**
   * Copies the directory `path` of the union of `lower` (topmost first) into `destination`, itself included.
   * @returns false when the layers hold no such directory.
   */
  copyFromLayers(options: { lower: readonly string[]; path: string; destination: string }): Promise<boolean>;
  /** Bytes of the files below a directory, hard links once. */
  usage(directory: string): Promise<number>;
  /** @throws invalidParameter with the archiver's sentence when the tar is broken or hostile. */
  unpack(request: UnpackRequest): Promise<{ entries: number; size: number }>;
  /** The layer in `directory` as a tar. The stream fails when packing fails; destroying it ends the process. */
  pack(directory: string): Readable;
  /** xz, lzma, bzip2 (and gzip, zstd) to plain bytes. */
  decompress(input: Readable): Readable;
  /** Removes a tree of any depth; missing is fine. */
  remove(directory: string): Promise<void>;
  /** Writes everything changed on the directory's file system to disk. */
  sync(directory: string): Promise<void>;
}

const maxOutput = 16_384;
const exitAbsent = 3;
/** Directories one process measures; as in the program. */
const maxMeasured = 256;

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

const collect = (stream: Readable | null): (() => string) => {
  let text = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    if (text.length < maxOutput) text += chunk;
  });
  return () => text.trim().slice(0, maxOutput);
};

const finished = (child: ChildProcess, collectStdout: boolean): Promise<Finished> => {
  const stdout = collectStdout ? collect(child.stdout) : () => '';
  const stderr = collect(child.stderr);
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(internal(`the archiver cannot be started: ${cause.message}`, { cause })),
    );
    child.once('close', (code, signal) =>
      resolve({ code, stdout: stdout(), stderr: stderr() || (signal === null ? '' : `killed by ${signal}`) }),
    );
  });
};

/** Exit code 1 with a sentence speaks about the input; anything else is our own trouble. */
const failure = (what: string, { code, stderr }: Finished): Error =>
  code === 1
    ? invalidParameter(`${what}: ${stderr}`)
    : internal(`${what}: the archiver failed (${code}): ${stderr}`);

interface Measurement {
  directory: string;
  resolve(bytes: number): void;
  reject(error: unknown): void;
}

class ArchiverProcess implements Archiver {
  readonly #path: string;
  readonly #toMeasure: Measurement[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  async copyFromLayers(options: {
    lower: readonly string[];
    path: string;
    destination: string;
  }): Promise<boolean> {
    const { lower, path, destination } = options;
    const result = await this.#run(['copy-from-layers', path, destination, ...lower]);
    if (result.code === exitAbsent) return false;
    if (result.code !== 0) throw failure(`cannot copy ${path} from the image`, result);
    return true;
  }

  usage(directory: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#toMeasure.push({ directory, resolve, reject });
    if (this.#toMeasure.length === 1) setImmediate(() => void this.#measure());
    return promise;
  }

  /** A disk-usage report asks for every container at once: a process for each would hold everything else up. */
  async #measure(): Promise<void> {
    const all = this.#toMeasure.splice(0);
    for (let at = 0; at < all.length; at += maxMeasured) {
      const batch = all.slice(at, at + maxMeasured);
      try {
        const result = await this.#run(['usage', ...batch.map(({ directory }) => directory)]);
        if (result.code !== 0) throw failure('cannot measure directories', result);
        const lines = result.stdout.split('\n');
        for (const [index, { directory, resolve, reject }] of batch.entries()) {
          const line = lines[index] ?? 'no answer';
          if (/^\d+$/.test(line)) resolve(Number(line));
          // Removed while the report was made.
          else if (!existsSync(directory)) resolve(0);
          else reject(internal(`cannot measure ${directory}: ${line}`));
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
  }

  async unpack({
    input,
    directory,
    lower,
    signal,
  }: UnpackRequest): Promise<{ entries: number; size: number }> {
    signal.throwIfAborted();
    const stdin = 'fd' in input ? input.fd : 'pipe';
    const child = spawn(this.#path, ['unpack', directory, ...lower], { stdio: [stdin, 'pipe', 'pipe'] });
    const ended = finished(child, true);
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    signal.addEventListener('abort', kill, { once: true });
    try {
      const fed =
        'fd' in input || child.stdin === null ? undefined : await this.#feed(input, child.stdin, child);
      const result = await ended;
      signal.throwIfAborted();
      // The archiver says why; that our writing to it then failed is only the consequence.
      if (result.code === 1) throw failure('cannot unpack the layer', result);
      if (fed !== undefined) throw fed;
      if (result.code !== 0) throw failure('cannot unpack the layer', result);
      return JSON.parse(result.stdout) as { entries: number; size: number };
    } finally {
      signal.removeEventListener('abort', kill);
    }
  }

  /** @returns the error, if any, after making sure that the process ends. */
  async #feed(input: Readable, stdin: NodeJS.WritableStream, child: ChildProcess): Promise<unknown> {
    try {
      await pipeline(input, stdin);
      return undefined;
    } catch (error) {
      const broken = error instanceof Error && 'code' in error && error.code === 'EPIPE';
      if (!broken) child.kill('SIGKILL');
      return error;
    }
  }

  pack(directory: string): Readable {
    const child = spawn(this.#path, ['pack', directory], { stdio: ['ignore', 'pipe', 'pipe'] });
    return outputOf(child, `cannot pack ${directory}`);
  }

  decompress(input: Readable): Readable {
    const child = spawn(this.#path, ['decompress'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const output = outputOf(child, 'cannot decompress');
    pipeline(input, child.stdin).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') output.destroy(error);
    });
    return output;
  }

  async remove(directory: string): Promise<void> {
    const result = await this.#run(['remove', directory]);
    if (result.code !== 0) throw internal(`cannot remove ${directory}: ${result.stderr}`);
  }

  async sync(directory: string): Promise<void> {
    const result = await this.#run(['sync', directory]);
    if (result.code !== 0) throw internal(`cannot write ${directory} to disk: ${result.stderr}`);
  }

  #run(argv: string[]): Promise<Finished> {
    return finished(spawn(this.#path, argv, { stdio: ['ignore', 'pipe', 'pipe'] }), true);
  }
}

/** The process's output as a stream that ends only after the process ended well. */
const outputOf = (child: ChildProcess & { stdout: Readable }, what: string): Readable => {
  const ended = finished(child, false);
  const output = child.stdout;
  const push = async function* (): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of output) yield chunk as Buffer;
      const result = await ended;
      if (result.code !== 0) throw failure(what, result);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  };
  return Readable.from(push(), { objectMode: false });
};

/** @param path the built `packages/images/build/archiver`. */
export const createArchiver = (path: string): Archiver => new ArchiverProcess(path);
