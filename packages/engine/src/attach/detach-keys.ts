/** The keys that let go of a container's terminal without ending anything: `ctrl-p,ctrl-q` unless chosen otherwise. */
import { invalidParameter } from '@berth/engine-api';

export const defaultDetachKeys: readonly number[] = [0x10, 0x11];

/** "ctrl-p,ctrl-q" or single characters, as bytes. @throws invalidParameter in Docker's words */
export function parseDetachKeys(text: string | undefined): readonly number[] {
  if (text === undefined || text === '') return defaultDetachKeys;
  return text.split(',').map((key) => {
    const code = keyCode(key);
    if (code === undefined) {
      throw invalidParameter(`Invalid detach keys (${text}) provided: Unknown character: '${key}'`);
    }
    return code;
  });
}

function keyCode(key: string): number | undefined {
  const control = /^ctrl-([a-zA-Z@[\\\]^_])$/.exec(key);
  if (control?.[1]) return control[1].toUpperCase().charCodeAt(0) & 0x1f;
  return key.length === 1 && key.charCodeAt(0) < 0x80 ? key.charCodeAt(0) : undefined;
}

/**
 * Looks for the keys in what is typed. A possible beginning is held back until the next key tells; the keys
 * themselves never reach the process.
 */
export class DetachScanner {
  readonly #keys: readonly number[];
  #matched = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  /** What to pass on of `typed`, and whether the keys were complete in it. */
  scan(typed: Buffer): { forward: Buffer; detached: boolean } {
    // Almost always nothing is held back and nothing matches: pass the very buffer on.
    const first = this.#keys[0];
    if (first === undefined || (this.#matched === 0 && !typed.includes(first))) {
      return { forward: typed, detached: false };
    }
    const forward: number[] = [];
    for (const byte of typed) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched += 1;
        if (this.#matched === this.#keys.length) return { forward: Buffer.from(forward), detached: true };
        continue;
      }
      forward.push(...this.#keys.slice(0, this.#matched));
      this.#matched = byte === first ? 1 : 0;
      if (this.#matched === 0) forward.push(byte);
    }
    return { forward: Buffer.from(forward), detached: false };
  }
}
