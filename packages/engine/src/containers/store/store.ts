/** Containers on disk and in memory: `<data-root>/containers/<id>/`. */
import { mkdir, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HostConfig, notFound } from '@berth/engine-api';
import { syncDirectory, writeFileAtomic, writeSynced } from '../../util/atomic-file.ts';
import type { Logger } from '../../util/logger.ts';
import { type Container, fromRecord, toRecord } from '../container.ts';
import { ContainerRecord } from '../record.ts';
import { ContainerIndex } from './name-index.ts';

export interface ContainerPaths {
  directory: string;
  hostname: string;
  hosts: string;
  resolvConf: string;
  log: string;
}

export interface ContainerStore {
  readonly index: ContainerIndex;
  paths(id: string): ContainerPaths;
  /** Writes a new container; it exists for the next daemon once this resolves. */
  create(container: Container): Promise<void>;
  /** Writes a change the user made: on disk for good when this resolves. @throws notFound once it is forgotten */
  save(container: Container): Promise<void>;
  /**
   * Writes a change of state. Several at once become one write, and none waits for the disk: after a crash of
   * the host the runtime's own files, which are gone with it, tell the rest.
   */
  saveState(container: Container): Promise<void>;
  /** No daemon finds the container any more; its directory is still there. */
  forget(container: Container): Promise<void>;
  /** The rest of it; idempotent. */
  deleteFiles(container: Container): Promise<void>;
}

const configFile = 'config.json';
const hostConfigFile = 'hostconfig.json';

/** Reads every container; directories without a readable one are leftovers of a crash and are removed. */
export async function openContainerStore(dataRoot: string, logger: Logger): Promise<ContainerStore> {
  const root = join(dataRoot, 'containers');
  await mkdir(root, { recursive: true, mode: 0o710 });
  const store = new Store(root);
  await Promise.all((await readdir(root)).map((id) => load(store, root, id, logger)));
  return store;
}

async function load(store: Store, root: string, id: string, logger: Logger): Promise<void> {
  const directory = join(root, id);
  try {
    const [record, hostConfig] = await Promise.all([
      readFile(join(directory, configFile), 'utf8'),
      readFile(join(directory, hostConfigFile), 'utf8'),
    ]);
    const container = fromRecord(
      ContainerRecord.parse(JSON.parse(record)),
      HostConfig.parse(JSON.parse(hostConfig)),
    );
    if (container.id !== id) throw new Error(`config.json is of container ${container.id}`);
    store.index.add(container);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      logger.warn({ containerId: id }, 'removing a container that was not completely made');
      await rm(directory, { recursive: true, force: true });
      return;
    }
    // Somebody's data may depend on it, so it is left for a person to look at.
    logger.error({ containerId: id, err: error }, 'cannot read the container, leaving it aside');
  }
}

class Store implements ContainerStore {
  readonly index = new ContainerIndex();
  readonly #root: string;
  readonly #forgotten = new WeakSet<Container>();
  readonly #pending = new Map<string, { again: boolean; done: Promise<void> }>();

  constructor(root: string) {
    this.#root = root;
  }

  paths(id: string): ContainerPaths {
    const directory = join(this.#root, id);
    return {
      directory,
      hostname: join(directory, 'hostname'),
      hosts: join(directory, 'hosts'),
      resolvConf: join(directory, 'resolv.conf'),
      log: join(directory, `${id}-json.log`),
    };
  }

  async create(container: Container): Promise<void> {
    const { directory } = this.paths(container.id);
    // An auto-removed container does not outlive a crash of the host anyway.
    const durable = !container.hostConfig.AutoRemove;
    const write = durable
      ? writeSynced
      : (path: string, data: string) => writeFile(path, data, { mode: 0o600 });
    await mkdir(directory, { mode: 0o710 });
    const config = join(directory, configFile);
    await Promise.all([
      write(join(directory, hostConfigFile), JSON.stringify(container.hostConfig)),
      write(`${config}.new`, JSON.stringify(toRecord(container))),
    ]);
    // With this name the container exists.
    await rename(`${config}.new`, config);
    if (durable) await Promise.all([syncDirectory(directory), syncDirectory(this.#root)]);
  }

  async save(container: Container): Promise<void> {
    const { directory } = this.paths(container.id);
    await this.#idle(container);
    if (this.#forgotten.has(container)) throw notFound(`No such container: ${container.id}`);
    await writeFileAtomic(join(directory, hostConfigFile), JSON.stringify(container.hostConfig), {
      durable: true,
    });
    await this.#writeConfig(container, true);
  }

  saveState(container: Container): Promise<void> {
    const running = this.#pending.get(container.id);
    if (running) {
      running.again = true;
      return running.done;
    }
    const entry = { again: true, done: Promise.resolve() };
    this.#pending.set(container.id, entry);
    entry.done = this.#writeWhileAsked(container, entry);
    return entry.done;
  }

  async forget(container: Container): Promise<void> {
    this.#forgotten.add(container);
    await this.#idle(container);
    // Without its config the directory is a leftover, whatever happens to the rest.
    await unlink(join(this.paths(container.id).directory, configFile));
  }

  async deleteFiles(container: Container): Promise<void> {
    await rm(this.paths(container.id).directory, { recursive: true, force: true });
  }

  /** No write is under way. Whoever asked for it hears of its failure; on a full disk a removal must still work. */
  async #idle(container: Container): Promise<void> {
    await Promise.allSettled([this.#pending.get(container.id)?.done]);
  }

  async #writeWhileAsked(container: Container, entry: { again: boolean }): Promise<void> {
    try {
      while (entry.again) {
        entry.again = false;
        if (this.#forgotten.has(container)) return;
        await this.#writeConfig(container, false);
      }
    } finally {
      this.#pending.delete(container.id);
    }
  }

  #writeConfig(container: Container, durable: boolean): Promise<void> {
    const { directory } = this.paths(container.id);
    return writeFileAtomic(join(directory, configFile), JSON.stringify(toRecord(container)), { durable });
  }
}
