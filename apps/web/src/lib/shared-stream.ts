/**
 * One subscription for any number of components: it starts with the first that looks and ends soon after the last is
 * gone, so that an unused stream costs nothing and changing pages does not restart it.
 */
export interface SharedStream<State> {
  subscribe(listener: () => void): () => void;
  get(): State;
}

export interface StreamSource<State, Message> {
  initial: State;
  /** Starts it; `onEnd` is called when it ends or fails, after which it is started again with a growing pause. */
  start(handlers: { onMessage(message: Message): void; onEnd(error: unknown): void }): {
    unsubscribe(): void;
  };
  reduce(state: State, message: Message): State;
  /** The state while the stream is down. */
  onDown?(state: State, error: unknown): State;
  /** How long it lives on without a listener. */
  lingerMs?: number;
}

export function createSharedStream<State, Message>(
  source: StreamSource<State, Message>,
): SharedStream<State> {
  const listeners = new Set<() => void>();
  let state = source.initial;
  let running: { unsubscribe(): void } | undefined;
  let pause: ReturnType<typeof setTimeout> | undefined;
  let linger: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const update = (next: State): void => {
    if (next === state) return;
    state = next;
    for (const listener of listeners) listener();
  };
  const start = (): void => {
    running = source.start({
      onMessage: (message) => {
        failures = 0;
        update(source.reduce(state, message));
      },
      onEnd: (error) => {
        running = undefined;
        if (source.onDown) update(source.onDown(state, error));
        if (listeners.size === 0) return;
        pause = setTimeout(start, Math.min(15_000, 1_000 * 2 ** failures));
        failures += 1;
      },
    });
  };
  const stop = (): void => {
    clearTimeout(pause);
    running?.unsubscribe();
    running = undefined;
  };

  return {
    get: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      clearTimeout(linger);
      if (listeners.size === 1 && !running) start();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) linger = setTimeout(stop, source.lingerMs ?? 3_000);
      };
    },
  };
}
