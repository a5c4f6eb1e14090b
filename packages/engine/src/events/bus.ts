/** What happened, for `/events`: a bounded memory of the past and any number of live listeners. */
import type { EventMessage } from '@berth/engine-api';
import { nowNanoseconds } from '../util/time.ts';

/** How many past events `since` can reach back to. */
const ringSize = 1024;
/** A listener that lags this far behind loses the oldest of its events. */
const maxQueued = 8192;

export type EventType = 'container' | 'image' | 'network' | 'volume' | 'daemon';

export interface EventBus {
  emit(type: EventType, action: string, id: string, attributes?: Record<string, string>): void;
  subscribe(options: {
    since?: Date | undefined;
    until?: Date | undefined;
    matches: (event: EventMessage) => boolean;
    signal: AbortSignal;
  }): AsyncIterable<EventMessage>;
  readonly listeners: number;
}

export function createEventBus(now: () => bigint = nowNanoseconds): EventBus {
  return new Bus(now);
}

class Bus implements EventBus {
  readonly #ring: EventMessage[] = [];
  readonly #listeners = new Set<(event: EventMessage) => void>();
  readonly #now: () => bigint;

  constructor(now: () => bigint) {
    this.#now = now;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  emit(type: EventType, action: string, id: string, attributes: Record<string, string> = {}): void {
    const event = makeEvent(type, action, id, attributes, this.#now());
    this.#ring.push(event);
    if (this.#ring.length > ringSize) this.#ring.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** Listening begins with this call, not with the first read, so nothing in between is missed. */
  subscribe(options: Parameters<EventBus['subscribe']>[0]): AsyncIterable<EventMessage> {
    const { since, until, matches, signal } = options;
    const queue = new EventQueue();
    if (since) for (const event of this.#ring) if (isAtOrAfter(event, since)) offer(event);
    const over = signal.aborted || (until !== undefined && until.getTime() <= Date.now());
    if (over) {
      queue.close();
      return queue.drain();
    }
    this.#listeners.add(offer);
    const timer = until && setTimeout(stop, until.getTime() - Date.now());
    signal.addEventListener('abort', stop, { once: true });
    const listeners = this.#listeners;
    return queue.drain(stop);

    function offer(event: EventMessage): void {
      if (until && isAtOrAfter(event, until)) return;
      if (matches(event)) queue.push(event);
    }
    function stop(): void {
      listeners.delete(offer);
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      queue.close();
    }
  }
}

/** Hands events from the emitter to one reader. */
class EventQueue {
  readonly #events: EventMessage[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  push(event: EventMessage): void {
    if (this.#closed) return;
    this.#events.push(event);
    if (this.#events.length > maxQueued) this.#events.shift();
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *drain(onEnd?: () => void): AsyncGenerator<EventMessage> {
    try {
      for (;;) {
        const event = this.#events.shift();
        if (event) {
          yield event;
          continue;
        }
        if (this.#closed) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      onEnd?.();
    }
  }
}

const isAtOrAfter = (event: EventMessage, date: Date): boolean =>
  event.timeNano >= date.getTime() * 1_000_000;

function makeEvent(
  type: EventType,
  action: string,
  id: string,
  attributes: Record<string, string>,
  nanoseconds: bigint,
): EventMessage {
  const event: EventMessage = {
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: 'local',
    time: Number(nanoseconds / 1_000_000_000n),
    timeNano: Number(nanoseconds),
  };
  // The fields of API versions before 1.22, which the docker CLI's templates and old clients still read.
  if (type === 'container') return { status: action, id, from: attributes.image ?? '', ...event };
  if (type === 'image') return { status: action, id, ...event };
  return event;
}
