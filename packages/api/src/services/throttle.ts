/** Slows down guessing. Counts attempts per key; beyond the free ones each doubles the wait. No timers. */
import { isIP } from 'node:net';
import { ConsoleError } from '../lib/errors.ts';

/** Who a guess counts for: an IPv6 client owns at least a /64, so all of that is one. */
export function networkOf(ip: string): string {
  if (isIP(ip) !== 6) return ip;
  const [head = '', tail] = (ip.split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

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
    const isCurrent = known !== undefined && now() - known.lastMs < FORGET_MS;
    const counter = isCurrent ? known : { attempts: 0, blockedUntilMs: 0, lastMs: now() };
    // Longest unused first: a flood of addresses can neither fill the memory nor push out a counter that is in use.
    counters.delete(key);
    counters.set(key, counter);
    if (counters.size > MAX_KEYS) counters.delete(counters.keys().next().value ?? key);
    return counter;
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
