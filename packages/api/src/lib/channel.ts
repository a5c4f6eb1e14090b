/** A bounded queue between a producer that does not wait and a consumer that does. */

export interface Channel<T> {
  push(value: T): void;
  /** No more values; the consumer gets what is queued first. */
  end(error?: unknown): void;
  readonly size: number;
  /** Values until `end` or the signal; single consumer. */
  read(signal: AbortSignal): AsyncGenerator<T, void, undefined>;
}

/** @param overflow makes room when `limit` values wait: it gets the queue and may drop or merge. */
export function createChannel<T>(limit: number, overflow: (queue: T[]) => void): Channel<T> {
  const queue: T[] = [];
  let ended: { error: unknown } | undefined;
  let wake = () => {};

  return {
    get size() {
      return queue.length;
    },
    push(value) {
      if (ended) return;
      queue.push(value);
      if (queue.length > limit) overflow(queue);
      wake();
    },
    end(error) {
      ended ??= { error };
      wake();
    },
    async *read(signal) {
      while (!signal.aborted) {
        const value = queue.shift();
        if (value !== undefined) {
          yield value;
          continue;
        }
        if (ended) {
          if (ended.error !== undefined) throw ended.error;
          return;
        }
        await sleepUntil(signal, (resume) => {
          wake = resume;
        });
        wake = () => {};
      }
    },
  };
}

/** Waits until `arm`'s argument is called or the signal fires. */
export function sleepUntil(signal: AbortSignal, arm: (resume: () => void) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const resume = () => {
    signal.removeEventListener('abort', resume);
    resolve();
  };
  if (signal.aborted) return Promise.resolve();
  signal.addEventListener('abort', resume, { once: true });
  arm(resume);
  return promise;
}
