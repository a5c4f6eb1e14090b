/** Gives back what containers held while they ran: network, cgroup, the runtime's files. */
import type { EngineContext } from '../../context.ts';
import type { Container } from '../container.ts';

export class Releases {
  readonly #context: EngineContext;
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /**
   * Begins the release; the promise settles when all of it is done and never rejects. The exit is on disk before
   * the runtime forgets it, so a crash in between loses no exit code.
   */
  begin(container: Container): Promise<void> {
    const { background, store, runtime } = this.#context;
    const done = background.run('release what a container held', { containerId: container.id }, () =>
      Promise.all([
        this.#releaseNetwork(container),
        store.saveState(container).then(() => runtime.remove(container.id)),
      ]),
    );
    this.#underWay.set(container.id, done);
    void done.then(() => {
      if (this.#underWay.get(container.id) === done) this.#underWay.delete(container.id);
    });
    return done;
  }

  /** Of one container, before it starts again. */
  async of(containerId: string): Promise<void> {
    await this.#underWay.get(containerId);
  }

  /** Of every container, before a port or an address that one of them had is asked for. */
  async all(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  async #releaseNetwork(container: Container): Promise<void> {
    const sandbox = container.sandbox;
    container.sandbox = undefined;
    if (!sandbox) return;
    await this.#context.networks.removeSandbox(container.id);
    if (!sandbox.endpoint) return;
    this.#context.events.emit('network', 'disconnect', sandbox.endpoint.networkId, {
      container: container.id,
      name: sandbox.endpoint.networkName,
      type: 'bridge',
    });
  }
}
