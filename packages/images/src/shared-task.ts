/** Work that several callers want at the same time and that is done once, such as downloading a layer. */

interface Running<T, P> {
  promise: Promise<T>;
  listeners: Set<(progress: P) => void>;
}

interface Join<T, P> {
  signal: AbortSignal;
  onProgress: (progress: P) => void;
  /** Ends under `signal` of the caller that started it. */
  work: (report: (progress: P) => void) => Promise<T>;
}

/**
 * Joins callers by key. The first one does the work, with its own signal and connection; the others wait. When
 * it fails (or its caller gave up), one of those that still wait does the work itself.
 */
export class SharedTasks<T, P> {
  readonly #running = new Map<string, Running<T, P>>();

  async run(key: string, join: Join<T, P>): Promise<T> {
    for (;;) {
      join.signal.throwIfAborted();
      const task = this.#running.get(key);
      if (task === undefined) return this.#start(key, join);
      const outcome = await this.#wait(task, join);
      if (outcome !== undefined) return outcome.value;
    }
  }

  #start(key: string, { onProgress, work }: Join<T, P>): Promise<T> {
    const listeners = new Set([onProgress]);
    const report = (progress: P): void => {
      for (const listener of listeners) listener(progress);
    };
    const promise = work(report).finally(() => this.#running.delete(key));
    this.#running.set(key, { promise, listeners });
    return promise;
  }

  /** `undefined` when the work failed for whoever did it. @throws the abort reason of the caller that waits */
  async #wait(task: Running<T, P>, { signal, onProgress }: Join<T, P>): Promise<{ value: T } | undefined> {
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    const outcome = task.promise.then(
      (value) => ({ value }),
      () => undefined,
    );
    task.listeners.add(onProgress);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([outcome, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      task.listeners.delete(onProgress);
    }
  }
}
