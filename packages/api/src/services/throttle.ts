/** Slows down guessing. Counts attempts per key; beyond the free ones each doubles the wait. No timers. */
import { ConsoleError } from '../lib/errors.ts';

export interface ThrottleLimit {
  key: string;
  /** Attempts before waiting starts. */
  free: number;
  /** Longest wait. */
  maxWaitS: number;
}

export interface Throttle {
  /**
   * Counts one attempt under every key, before its outcome is known, so parallel guesses count too.
   * Throws `throttled` while any key has to wait. Call the returned function when the attempt was right.
   */
  attempt(limits: readonly ThrottleLimit[]): () => void;
}

interface Counter {
  attempts: number;
  blockedUntilMs: number;
  lastMs: number;
}

const FORGET_MS = 30 * 60_000;
const MAX_KEYS = 10_000;

export function createThrottle({ now = Date.now }: { now?: () => number } = {}): Throttle {
  const counters = new Map<string, Counter>();

  const counterOf = (key: string): Counter => {
    const known = counters.get(key);
    if (known && now() - known.lastMs < FORGET_MS) return known;
    const fresh = { attempts: 0, blockedUntilMs: 0, lastMs: now() };
    counters.delete(key);
    counters.set(key, fresh);
    // Oldest first: a flood of addresses cannot fill the memory.
    if (counters.size > MAX_KEYS) counters.delete(counters.keys().next().value ?? key);
    return fresh;
  };

  return {
    attempt(limits) {
      const waitMs = Math.max(...limits.map(({ key }) => counterOf(key).blockedUntilMs - now()));
      if (waitMs > 0) throw tooMany(waitMs);
      for (const { key, free, maxWaitS } of limits) {
        const counter = counterOf(key);
        counter.attempts += 1;
        counter.lastMs = now();
        const over = counter.attempts - free;
        if (over >= 0) counter.blockedUntilMs = now() + Math.min(maxWaitS, 2 ** Math.min(over, 20)) * 1000;
      }
      return () => {
        for (const { key } of limits) counters.delete(key);
      };
    },
  };
}

function tooMany(waitMs: number): ConsoleError {
  const seconds = Math.ceil(waitMs / 1000);
  const wait = seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return new ConsoleError('throttled', `Too many attempts. Try again in ${wait}.`, { reason: 'throttled' });
}
