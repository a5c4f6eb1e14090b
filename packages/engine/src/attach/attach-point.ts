/** Where clients wait that attached before the container was started. */
import type { Duplex } from 'node:stream';
import type { AttachOptions, ContainerProcess } from '@berth/runtime';
import { type Deferred, deferred } from '../util/wakeups.ts';
import { openPipe } from './open-pipe.ts';

export interface WaitingClient {
  /** The pipe to the process once there is one; undefined when there will be none. */
  readonly pipe: Promise<Duplex | undefined>;
  /** The client has gone. */
  cancel(): void;
}

interface Entry {
  options: AttachOptions;
  pipe: Deferred<Duplex | undefined>;
}

export class AttachPoint {
  readonly #waiting = new Set<Entry>();

  get hasWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  wait(options: AttachOptions): WaitingClient {
    const entry: Entry = { options, pipe: deferred() };
    this.#waiting.add(entry);
    return {
      pipe: entry.pipe.promise,
      cancel: () => {
        this.#waiting.delete(entry);
        entry.pipe.resolve(undefined);
      },
    };
  }

  /** Connects everybody who waits; called before the process executes, so that they miss no byte. */
  async connect(process: ContainerProcess): Promise<void> {
    const entries = [...this.#waiting];
    this.#waiting.clear();
    await Promise.all(
      entries.map(async (entry) => {
        try {
          entry.pipe.resolve(await openPipe(process, entry.options));
        } catch {
          // One client that cannot be joined must not keep the container from starting.
          entry.pipe.resolve(undefined);
        }
      }),
    );
  }

  /** The container is gone, or its start failed: nobody will be connected. */
  close(): void {
    for (const entry of this.#waiting) entry.pipe.resolve(undefined);
    this.#waiting.clear();
  }
}
