import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { conflict, invalidParameter, notFound, notImplemented } from '@berth/engine-api';
import { type Metadata, readMetadata, writeMetadata } from './metadata.ts';
import { checkVolumeName, isVolumeName } from './names.ts';
import type { Volume, Volumes } from './types.ts';

/** What volumes need of the program that works on file trees. */
export interface VolumeArchiver {
  /** False when there is no such path. Never follows a link out of the layers. */
  copyFromLayers(options: { lower: readonly string[]; path: string; destination: string }): Promise<boolean>;
  /** Bytes of a folder's files. */
  usage(directory: string): Promise<number>;
}

export interface VolumesOptions {
  dataRoot: string;
  archiver: VolumeArchiver;
}

/** No volume name starts with a dot, so these never meet one. */
const creatingPrefix = '.creating-';
const removingPrefix = '.removing-';
const dataFolder = '_data';

/** The `local` driver: a volume is a folder below `<data-root>/volumes`. */
export function createVolumes(options: VolumesOptions): Volumes {
  return new LocalVolumes(options);
}

class LocalVolumes implements Volumes {
  readonly #root: string;
  readonly #archiver: VolumeArchiver;
  /** Work on one volume goes one after the other: two containers may create or fill it at the same time. */
  readonly #queues = new Map<string, Promise<unknown>>();
  #prepared: Promise<void> | undefined;

  constructor({ dataRoot, archiver }: VolumesOptions) {
    this.#root = join(dataRoot, 'volumes');
    this.#archiver = archiver;
  }

  async list(): Promise<Volume[]> {
    await this.#prepare();
    const entries = await readdir(this.#root, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isDirectory() && isVolumeName(entry.name))
      .map(({ name }) => name);
    const volumes = await Promise.all(names.map((name) => this.#find(name)));
    return volumes.filter((volume) => volume !== undefined);
  }

  async get(name: string): Promise<Volume> {
    await this.#prepare();
    const volume = await this.#find(name);
    if (volume === undefined) throw notFound(`get ${name}: no such volume`);
    return volume;
  }

  async create(request: Parameters<Volumes['create']>[0]): Promise<Volume> {
    const { driver = 'local', labels = {}, options = {} } = request;
    const isNamed = request.name !== undefined && request.name !== '';
    const name =
      isNamed && request.name !== undefined ? checkVolumeName(request.name) : randomBytes(32).toString('hex');
    if (driver !== '' && driver !== 'local')
      throw notFound(
        `create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`,
      );
    checkOptions(name, options);
    await this.#prepare();
    return this.#inTurn(name, async () => {
      const existing = await this.#find(name);
      if (existing !== undefined) return existing;
      return this.#make(name, { createdAt: new Date(), labels, options, anonymous: !isNamed });
    });
  }

  async remove(name: string, { force, usedBy }: Parameters<Volumes['remove']>[1]): Promise<void> {
    await this.#prepare();
    await this.#inTurn(name, async () => {
      if ((await this.#find(name)) === undefined) {
        if (force) return;
        throw notFound(`get ${name}: no such volume`);
      }
      // `force` is for volumes that are gone already; as with Docker it takes none away from a container.
      const users = usedBy(name);
      if (users.length > 0) throw conflict(`remove ${name}: volume is in use - [${users.join(', ')}]`);
      await this.#delete(name);
    });
  }

  async prune({ anonymousOnly, inUse, labels }: Parameters<Volumes['prune']>[0]) {
    const result = { deleted: [] as string[], reclaimedBytes: 0 };
    for (const volume of await this.list()) {
      const { name } = volume;
      if ((anonymousOnly && !volume.anonymous) || labels?.(volume.labels) === false) continue;
      await this.#inTurn(name, async () => {
        if (inUse(name) || (await this.#find(name)) === undefined) return;
        const bytes = await this.#archiver.usage(volume.mountpoint);
        await this.#delete(name);
        result.deleted.push(name);
        result.reclaimedBytes += bytes;
      });
    }
    return result;
  }

  async size(name: string): Promise<number> {
    const { mountpoint } = await this.get(name);
    return this.#archiver.usage(mountpoint);
  }

  async populate(name: string, source: { lower: readonly string[]; path: string }): Promise<void> {
    const { mountpoint } = await this.get(name);
    await this.#inTurn(name, async () => {
      if ((await readdir(mountpoint)).length > 0) return;
      await this.#archiver.copyFromLayers({ ...source, destination: mountpoint });
    });
  }

  /** The volume appears whole, by one rename. */
  async #make(name: string, metadata: Metadata): Promise<Volume> {
    const building = join(this.#root, `${creatingPrefix}${name}`);
    try {
      await rm(building, { recursive: true, force: true });
      await mkdir(building, { mode: 0o701 });
      await mkdir(join(building, dataFolder), { mode: 0o755 });
      await writeMetadata(building, metadata);
      await rename(building, join(this.#root, name));
    } catch (error) {
      await rm(building, { recursive: true, force: true });
      throw error;
    }
    return this.#describe(name, metadata);
  }

  /** It disappears at once; its files follow, and the next start finishes what a crash left. */
  async #delete(name: string): Promise<void> {
    const grave = join(this.#root, `${removingPrefix}${name}`);
    await rm(grave, { recursive: true, force: true });
    await rename(join(this.#root, name), grave);
    await rm(grave, { recursive: true, force: true });
  }

  async #find(name: string): Promise<Volume | undefined> {
    if (!isVolumeName(name)) return undefined;
    try {
      return this.#describe(name, await readMetadata(join(this.#root, name)));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #describe(name: string, metadata: Metadata): Volume {
    return { name, driver: 'local', mountpoint: join(this.#root, name, dataFolder), ...metadata };
  }

  #prepare(): Promise<void> {
    this.#prepared ??= this.#cleanUp().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  /** Removes what a crash left half made or half removed. */
  async #cleanUp(): Promise<void> {
    await mkdir(this.#root, { recursive: true, mode: 0o701 });
    const leftovers = (await readdir(this.#root)).filter(
      (name) => name.startsWith(creatingPrefix) || name.startsWith(removingPrefix),
    );
    await Promise.all(leftovers.map((name) => rm(join(this.#root, name), { recursive: true, force: true })));
  }

  async #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#queues.get(name) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined);
    this.#queues.set(name, settled);
    try {
      return await turn;
    } finally {
      if (this.#queues.get(name) === settled) this.#queues.delete(name);
    }
  }
}

/** Mounts inside volumes (tmpfs, NFS, bind) are refused rather than taken and forgotten. */
function checkOptions(name: string, options: Record<string, string>): void {
  for (const key of Object.keys(options)) {
    if (key === 'type' || key === 'o' || key === 'device')
      throw notImplemented(`create ${name}: volume option "${key}" is not supported yet`);
    throw invalidParameter(`create ${name}: invalid option: "${key}"`);
  }
}
