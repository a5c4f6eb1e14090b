/** Stops and resumes every process of a cgroup. */
import { setTimeout as delay } from 'node:timers/promises';
import { conflict } from '@berth/engine-api';
import { waitForEvent } from './events.ts';
import { readText, writeValue } from './files.ts';

const timeoutMs = 10_000;
const retryMs = 2;

/**
 * v1: the kernel works out the state only when it is read, and announces nothing, so reading again is the only
 * way; almost always the first read says FROZEN. Writing again catches processes that were forked meanwhile.
 */
export async function freezeV1(directory: string): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    writeValue(directory, 'freezer.state', 'FROZEN');
    if (readText(directory, 'freezer.state') === 'FROZEN') return;
    if (performance.now() > deadline) {
      thawV1(directory);
      throw notFrozen();
    }
    await delay(retryMs);
  }
}

export function thawV1(directory: string): void {
  writeValue(directory, 'freezer.state', 'THAWED');
}

export async function freezeV2(directory: string): Promise<void> {
  writeValue(directory, 'cgroup.freeze', 1);
  if (await waitForEvent(directory, 'frozen', 1, timeoutMs)) return;
  writeValue(directory, 'cgroup.freeze', 0);
  throw notFrozen();
}

export async function thawV2(directory: string): Promise<void> {
  writeValue(directory, 'cgroup.freeze', 0);
  await waitForEvent(directory, 'frozen', 0, timeoutMs);
}

const notFrozen = (): Error => conflict('a process in uninterruptible sleep could not be paused');
