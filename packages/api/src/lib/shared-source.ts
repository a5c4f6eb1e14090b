/**
 * One upstream for any number of listeners: started with the first, aborted with the last.
 * With nobody listening there is no connection and no timer.
 */
import { setTimeout as delay } from 'node:timers/promises';

export interface SharedSource<T> {
  /** Calls back for every message until the returned function is called. */
  subscribe(listener: (message: T) => void): () => void;
  readonly active: boolean;
}

export type Produce<T> = (emit: (message: T) => void, signal: AbortSignal) => Promise<void>;

export interface SharedSourceOptions<T> {
  /** Runs until the signal fires. When it returns or throws earlier, it is started again, later each time. */
  produce: Produce<T>;
  /** What listeners hear when the upstream broke. Without it the source just ends. */
  broken?: (error: unknown) => T;
  /** Called after the last listener left. */
  idle?: () => void;
}

const MAX_WAIT_MS = 10_000;

export function createSharedSource<T>({ produce, broken, idle }: SharedSourceOptions<T>): SharedSource<T> {
  const listeners = new Set<(message: T) => void>();
  let running: AbortController | undefined;

  async function run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    const emit = (message: T) => {
      failures = 0;
      if (!signal.aborted) for (const listener of [...listeners]) listener(message);
    };
    while (!signal.aborted) {
      let error: unknown;
      try {
        await produce(emit, signal);
      } catch (cause) {
        error = cause;
      }
      if (signal.aborted || !broken) return;
      const attempt = failures + 1;
      emit(broken(error));
      failures = attempt;
      await delay(Math.min(MAX_WAIT_MS, 250 * 2 ** failures), undefined, { signal }).catch(() => undefined);
    }
  }

  return {
    get active() {
      return running !== undefined;
    },
    subscribe(listener) {
      // Wrapped, so that one function subscribed twice counts twice.
      const own = (message: T) => listener(message);
      listeners.add(own);
      if (!running) {
        running = new AbortController();
        void run(running.signal);
      }
      return () => {
        if (!listeners.delete(own) || listeners.size > 0) return;
        running?.abort();
        running = undefined;
        idle?.();
      };
    },
  };
}
