/**
 * Writable layers: `overlay2/<container id>/{diff,work}` and `parent`, a symbolic link to the image's topmost
 * layer. Making one is a handful of directory operations and no file content, because it is on the path of
 * every container start and has to survive a power cut without a sync.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { internal, invalidParameter, notFound } from '@berth/engine-api';
import type { Archiver } from './archiver.ts';
import type { Digest } from './digest.ts';
import type { LayerStore } from './layer-store.ts';
import type { OverlayRoot } from './types.ts';

const containerIdPattern = /^[0-9a-f]{64}$/;

export class ContainerLayers {
  readonly #layers: LayerStore;
  readonly #archiver: Archiver;
  /** Container id → directory of the topmost image layer, or `noParent`. */
  readonly #parents = new Map<string, string>();

  constructor(layers: LayerStore, archiver: Archiver) {
    this.#layers = layers;
    this.#archiver = archiver;
    for (const id of readdirSync(layers.root)) {
      const parent = containerIdPattern.test(id) ? readParent(join(layers.root, id)) : undefined;
      if (parent !== undefined) this.#parents.set(id, parent);
    }
  }

  create(containerId: string, parent: Digest | undefined): OverlayRoot {
    if (!containerIdPattern.test(containerId)) throw invalidParameter(`"${containerId}" is no container id`);
    const directory = this.#path(containerId);
    if (!this.#parents.has(containerId)) {
      this.#parents.set(containerId, this.#make(directory, parent));
    }
    return this.get(containerId);
  }

  #make(directory: string, parent: Digest | undefined): string {
    const top = parent === undefined ? undefined : this.#layers.chain(parent)[0];
    if (parent !== undefined && top === undefined)
      throw internal(`layer ${parent} is missing from the store`);
    const topId = top?.id ?? noParent;
    const temporary = join(this.#layers.root, `.new-${basename(directory)}`);
    const diff = join(temporary, 'diff');
    if (existsSync(temporary)) rmSync(temporary, { recursive: true });
    mkdirSync(temporary, 0o710);
    mkdirSync(diff, 0o755);
    mkdirSync(join(temporary, 'work'), 0o700);
    if (top !== undefined) copyAttributes(this.#layers.diffPath(top), diff);
    symlinkSync(join('..', topId), join(temporary, 'parent'));
    renameSync(temporary, directory);
    return topId;
  }

  get(containerId: string): OverlayRoot {
    const parent = this.#parents.get(containerId);
    if (parent === undefined) throw notFound(`container ${containerId} has no writable layer`);
    const top = this.#layers.byId(parent);
    if (top === undefined && parent !== noParent) {
      throw internal(`the image layer of container ${containerId} is missing from the store`);
    }
    const directory = this.#path(containerId);
    return {
      lower: this.#layers.lower(top?.chainId),
      upper: join(directory, 'diff'),
      work: join(directory, 'work'),
    };
  }

  /** The layer is gone when this returns; the promise settles when its space is free. */
  remove(containerId: string): Promise<void> {
    if (!this.#parents.has(containerId)) return Promise.resolve();
    const deleted = this.#layers.trash.discard(this.#path(containerId));
    this.#parents.delete(containerId);
    return deleted;
  }

  size(containerId: string): Promise<number> {
    return this.#archiver.usage(this.get(containerId).upper);
  }

  /** Chain ids that containers stand on. */
  parents(): Digest[] {
    return [...this.#parents.values()].flatMap((id) => this.#layers.byId(id)?.chainId ?? []);
  }

  /** Forgets layers of containers that are gone; their directories then belong to nobody. */
  keepOnly(containerIds: ReadonlySet<string>): ReadonlySet<string> {
    for (const id of this.#parents.keys()) if (!containerIds.has(id)) this.#parents.delete(id);
    return new Set(this.#parents.keys());
  }

  #path(containerId: string): string {
    return join(this.#layers.root, containerId);
  }
}

const noParent = 'empty';

const readParent = (directory: string): string | undefined => {
  try {
    return basename(readlinkSync(join(directory, 'parent')));
  } catch {
    return undefined;
  }
};

/** overlay shows the upper root's attributes as those of "/". */
const copyAttributes = (from: string, to: string): void => {
  const { mode, uid, gid } = statSync(from);
  if (uid !== 0 || gid !== 0) chownSync(to, uid, gid);
  chmodSync(to, mode & 0o7777);
};
