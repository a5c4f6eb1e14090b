/** When an ended container is started again by itself, and after how long. Docker's rules. */
import type { RestartPolicy } from '@berth/engine-api';

const firstDelayMs = 100;
const maxDelayMs = 60_000;
/** A run this long counts as good: the next delay is the shortest again. */
const goodRunMs = 10_000;

export function shouldRestart(
  policy: RestartPolicy | undefined,
  facts: { exitCode: number; restartCount: number; manuallyStopped: boolean; daemonStart: boolean },
): boolean {
  switch (policy?.Name) {
    // `always` means also: after the daemon was restarted, though the user had stopped it.
    case 'always':
      return facts.daemonStart || !facts.manuallyStopped;
    case 'unless-stopped':
      return !facts.manuallyStopped;
    case 'on-failure': {
      if (facts.manuallyStopped || facts.exitCode === 0) return false;
      const most = policy.MaximumRetryCount;
      return most === 0 || facts.restartCount < most;
    }
    default:
      return false;
  }
}

/** Doubles from one failed run to the next. @param previousMs 0 for none */
export function nextDelayMs(previousMs: number, ranMs: number): number {
  if (previousMs === 0 || ranMs > goodRunMs) return firstDelayMs;
  return Math.min(previousMs * 2, maxDelayMs);
}
