/** Takes a container away. What the user sees goes at once; deleting files may take longer than the answer. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { conflict } from '@berth/engine-api';
import { type EngineContext, emitContainerEvent } from '../../context.ts';
import type { Container } from '../container.ts';
import { moveTo } from '../state.ts';
import type { Releases } from './releases.ts';

export interface RemoveOptions {
  force: boolean;
  /** Anonymous volumes too. */
  volumes: boolean;
}

export class Remover {
  readonly #context: EngineContext;
  readonly #releases: Releases;

  readonly #onRemoved: (container: Container) => void;

  constructor(context: EngineContext, releases: Releases, onRemoved: (container: Container) => void) {
    this.#context = context;
    this.#releases = releases;
    this.#onRemoved = onRemoved;
  }

  /** Runs in the container's mutex. Idempotent: the second of two removals finds nothing to do. */
  async remove(container: Container, options: RemoveOptions): Promise<void> {
    const { store, background } = this.#context;
    if (store.index.byId(container.id) !== container) return;
    if (container.state.status === 'removing') {
      throw conflict(`removal of container ${container.id} is already in progress`);
    }
    moveTo(container.state, 'removing');
    try {
      // From here on no daemon will find it again; what is left of it is swept on the next start at the latest.
      await store.forget(container);
    } catch (error) {
      moveTo(container.state, 'dead');
      throw error;
    }
    store.index.delete(container);
    container.attachPoint.close();
    this.#onRemoved(container);
    void background.run('delete what a container left', { containerId: container.id }, () =>
      this.#deleteRest(container),
    );
    if (options.volumes) await this.#removeVolumes(container);
    emitContainerEvent(this.#context, container, 'destroy');
    const result = container.exitResult;
    container.removed.notify(result);
    container.stopped.notify(result);
  }

  async #deleteRest(container: Container): Promise<void> {
    // The answer to the client goes out first.
    await nextTurn();
    await this.#releases.of(container.id);
    await Promise.all([
      this.#context.images.removeContainerLayer(container.id),
      this.#context.store.deleteFiles(container),
    ]);
  }

  async #removeVolumes(container: Container): Promise<void> {
    const names = container.mounts.flatMap((mount) => (mount.Anonymous && mount.Name ? [mount.Name] : []));
    const usedBy = (name: string): string[] => containersUsing(this.#context, name);
    await Promise.all(
      names.map(async (name) => {
        if (usedBy(name).length > 0) return;
        await this.#context.background.run('remove an anonymous volume', { volume: name }, async () => {
          await this.#context.volumes.remove(name, { force: true, usedBy });
          this.#context.events.emit('volume', 'destroy', name, { driver: 'local' });
        });
      }),
    );
  }
}

/** Ids of the containers that have the volume. */
export const containersUsing = (context: EngineContext, volume: string): string[] =>
  [...context.store.index.values()]
    .filter((container) => container.mounts.some((mount) => mount.Name === volume))
    .map((container) => container.id);
