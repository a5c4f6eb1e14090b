/**
 * What a running operation is about to refer to, so that a removal at the same time leaves it alone.
 * Keys are digests of blobs and chain ids of layers; both are sha256, so one set serves for both.
 */
import type { Digest } from './digest.ts';

export interface Lease extends Disposable {
  hold(...digests: Digest[]): void;
  readonly digests: ReadonlySet<Digest>;
}

export class Leases {
  readonly #active = new Set<ReadonlySet<Digest>>();

  take(): Lease {
    const digests = new Set<Digest>();
    this.#active.add(digests);
    return {
      digests,
      hold: (...added) => {
        for (const digest of added) digests.add(digest);
      },
      [Symbol.dispose]: () => {
        this.#active.delete(digests);
      },
    };
  }

  isHeld(digest: Digest): boolean {
    for (const digests of this.#active) if (digests.has(digest)) return true;
    return false;
  }
}
