/**
 * Unpacked layers as overlay2 lays them out:
 *
 *   overlay2/<id>/diff        the layer's files (whiteouts as character devices 0:0)
 *   overlay2/<id>/link        its short name
 *   overlay2/<id>/lower       the short names below it, topmost first: "l/A:l/B"
 *   overlay2/<id>/layer.json  chain id, diff id, parent, size
 *   overlay2/l/<short>        -> ../<id>/diff, so that a mount's options fit in one page
 *
 * A layer is made in `overlay2/.new-*` and renamed, so a directory with a valid layer.json is complete.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, unlinkSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { internal, invalidParameter } from '@berth/engine-api';
import * as z from 'zod';
import type { Archiver } from './archiver.ts';
import { chainIds, type Digest, isDigest } from './digest.ts';
import type { Logger } from './logger.ts';
import { SharedTasks } from './shared-task.ts';
import { Trash, trashName } from './trash.ts';

const digestSchema = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value));
const layerSchema = z.object({
  chainId: digestSchema,
  diffId: digestSchema,
  parent: digestSchema.optional(),
  size: z.number().int().nonnegative(),
});

export interface Layer extends z.infer<typeof layerSchema> {
  /** Name of its directory. */
  id: string;
  short: string;
}

export interface UnpackedLayer {
  diffId: Digest;
  size: number;
}

export interface LayerRequest {
  /** Chain id of the layer below. */
  parent: Digest | undefined;
  /** What the tar must turn out to be; `undefined` accepts any. */
  diffId: Digest | undefined;
  /** Puts the files into `directory`. Progress is bytes of the (compressed) source. */
  unpack: (target: {
    directory: string;
    lower: readonly string[];
    signal: AbortSignal;
    onBytes: (bytes: number) => void;
  }) => Promise<UnpackedLayer>;
  signal: AbortSignal;
  onBytes?: (bytes: number) => void;
}

const shortNameAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const shortName = (): string => Array.from(randomBytes(26), (byte) => shortNameAlphabet[byte & 31]).join('');

export class LayerStore {
  readonly root: string;
  readonly trash: Trash;
  readonly #links: string;
  readonly #archiver: Archiver;
  readonly #layers = new Map<Digest, Layer>();
  readonly #tasks = new SharedTasks<Layer, number>();

  constructor(dataRoot: string, archiver: Archiver, logger: Logger) {
    this.root = join(dataRoot, 'overlay2');
    this.#links = join(this.root, 'l');
    this.#archiver = archiver;
    mkdirSync(this.#links, { recursive: true, mode: 0o711 });
    mkdirSync(join(this.root, emptyLayer), { recursive: true });
    this.trash = new Trash(this.root, archiver, logger);
    for (const id of readdirSync(this.root)) this.#open(id);
  }

  #open(id: string): void {
    const read = (name: string): string | undefined => readText(join(this.root, id, name));
    const short = read('link');
    const parsed = layerSchema.safeParse(parseJson(read('layer.json')));
    if (!parsed.success || short === undefined || !/^[A-Z2-7]{26}$/.test(short)) return;
    this.#layers.set(parsed.data.chainId, { ...parsed.data, id, short });
  }

  get(chainId: Digest): Layer | undefined {
    return this.#layers.get(chainId);
  }

  all(): Layer[] {
    return [...this.#layers.values()];
  }

  /** The layer and everything below it, topmost first. Empty when one of them is missing. */
  chain(chainId: Digest | undefined): Layer[] {
    const chain: Layer[] = [];
    for (let at = chainId; at !== undefined; ) {
      const layer = this.#layers.get(at);
      if (layer === undefined) return [];
      chain.push(layer);
      at = layer.parent;
    }
    return chain;
  }

  /**
   * Mountable directories, topmost first; never empty, as overlay wants at least one.
   * @throws internal when a layer is missing
   */
  lower(chainId: Digest | undefined): string[] {
    if (chainId === undefined) return [join(this.root, emptyLayer)];
    const paths = this.chain(chainId).map((layer) => join(this.#links, layer.short));
    if (paths.length === 0) throw internal(`layer ${chainId} is missing from the store`);
    return paths;
  }

  byId(id: string): Layer | undefined {
    return this.all().find((layer) => layer.id === id);
  }

  diffPath(layer: Layer): string {
    return join(this.root, layer.id, 'diff');
  }

  /** Makes the layer unless it exists or is being made; callers at the same time share the work. */
  async register(request: LayerRequest): Promise<Layer> {
    const { parent, diffId, signal } = request;
    const chainId = diffId === undefined ? undefined : stack(parent, diffId);
    const existing = chainId === undefined ? undefined : this.#layers.get(chainId);
    if (existing !== undefined) return existing;
    return this.#tasks.run(chainId ?? randomBytes(8).toString('hex'), {
      signal,
      onProgress: request.onBytes ?? (() => undefined),
      work: (report) => this.#make(request, report),
    });
  }

  async #make(request: LayerRequest, onBytes: (bytes: number) => void): Promise<Layer> {
    const id = randomBytes(32).toString('hex');
    const temporary = join(this.root, `.new-${id}`);
    const directory = join(temporary, 'diff');
    try {
      await mkdir(directory, { recursive: true, mode: 0o755 });
      const below = this.chain(request.parent);
      const lower = below.map((layer) => this.diffPath(layer));
      const { diffId, size } = await request.unpack({ directory, lower, signal: request.signal, onBytes });
      if (request.diffId !== undefined && diffId !== request.diffId) {
        throw invalidParameter(`the layer has the diff id ${diffId}, its image says ${request.diffId}`);
      }
      const chainId = stack(request.parent, diffId);
      const layer: Layer = { id, short: shortName(), chainId, diffId, size };
      if (request.parent !== undefined) layer.parent = request.parent;
      await this.#describe(temporary, layer, below);
      return await this.#publish(temporary, layer);
    } catch (error) {
      // What went wrong first is what the user must hear; a rest is swept at the next start.
      await this.#archiver.remove(temporary).catch(() => undefined);
      throw error;
    }
  }

  async #describe(directory: string, layer: Layer, below: readonly Layer[]): Promise<void> {
    const { chainId, diffId, parent, size } = layer;
    await mkdir(join(directory, 'work'), { mode: 0o700 });
    await writeFile(join(directory, 'link'), layer.short);
    if (below.length > 0) {
      await writeFile(join(directory, 'lower'), below.map(({ short }) => `l/${short}`).join(':'));
    }
    await writeFile(join(directory, 'layer.json'), `${JSON.stringify({ chainId, diffId, parent, size })}\n`);
  }

  async #publish(temporary: string, layer: Layer): Promise<Layer> {
    const existing = this.#layers.get(layer.chainId);
    if (existing !== undefined) {
      await this.#archiver.remove(temporary);
      return existing;
    }
    this.#link(layer);
    await rename(temporary, join(this.root, layer.id));
    this.#layers.set(layer.chainId, layer);
    return layer;
  }

  #link(layer: Layer): void {
    symlinkSync(join('..', layer.id, 'diff'), join(this.#links, layer.short));
  }

  /** Forgets a layer at once and synchronously; `finish` then frees its space. */
  remove(layer: Layer): { finish: () => Promise<void> } {
    this.#layers.delete(layer.chainId);
    const deleted = this.trash.discard(join(this.root, layer.id));
    unlinkSync(join(this.#links, layer.short));
    return { finish: () => deleted };
  }

  /**
   * Discards every directory that is no layer and not in `keep` (half-made, or of a container that is gone) and
   * repairs the short names. Only before the first operation; the space is freed in the background.
   */
  sweep(keep: ReadonlySet<string>): void {
    const layers = [...this.#layers.values()];
    const known = new Map(layers.map((layer) => [layer.short, layer]));
    const kept = new Set([...layers.map((layer) => layer.id), ...keep, 'l', emptyLayer, trashName]);
    this.trash.sweep();
    for (const name of readdirSync(this.root)) {
      if (!kept.has(name)) void this.trash.discard(join(this.root, name));
    }
    for (const short of readdirSync(this.#links)) {
      if (!known.delete(short)) unlinkSync(join(this.#links, short));
    }
    for (const layer of known.values()) this.#link(layer);
  }
}

const emptyLayer = 'empty';

const stack = (parent: Digest | undefined, diffId: Digest): Digest =>
  chainIds(parent === undefined ? [diffId] : [parent, diffId]).at(-1) ?? diffId;

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

const parseJson = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
};
