/** Promises that several parties wait for and one party settles. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export const deferred = <T>(): Deferred<T> => Promise.withResolvers<T>();

/** Parties waiting for the next time something happens. */
export class Waiters<T> {
  readonly #waiting = new Set<(value: T) => void>();

  /** Resolves with the next value; never when `signal` aborts first (the party is gone then). */
  next(signal: AbortSignal): Promise<T> {
    return new Promise((resolve) => {
      const settle = (value: T): void => {
        signal.removeEventListener('abort', forget);
        resolve(value);
      };
      const forget = (): void => {
        this.#waiting.delete(settle);
      };
      if (signal.aborted) return;
      signal.addEventListener('abort', forget, { once: true });
      this.#waiting.add(settle);
    });
  }

  notify(value: T): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const settle of waiting) settle(value);
  }
}
