/** Work that nobody waits for now but the daemon must not lose: failures are logged, the end can be awaited. */
import type { Logger } from './logger.ts';

export class BackgroundTasks {
  readonly #running = new Set<Promise<void>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** The returned promise never rejects. */
  run(what: string, fields: object, task: () => Promise<unknown>): Promise<void> {
    const done = task().then(
      () => {},
      (error: unknown) => this.#logger.error({ ...fields, err: error }, `failed to ${what}`),
    );
    this.#running.add(done);
    void done.then(() => this.#running.delete(done));
    return done;
  }

  /** Resolves when everything that was begun has ended, and what that began too. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
