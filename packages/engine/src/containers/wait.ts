/** Waits for a container to end or to be removed. */
import type { WaitCondition } from '../types.ts';
import type { Container, ExitResult } from './container.ts';
import { isRunning } from './state.ts';

export interface WaitResult {
  StatusCode: number;
  Error?: { Message: string };
}

/** The wait is registered when this returns: an exit right after it is not missed. */
export function waitFor(
  container: Container,
  condition: WaitCondition,
  signal: AbortSignal,
): { result: Promise<WaitResult> } {
  if (condition === 'not-running' && !isRunning(container.state)) {
    return { result: Promise.resolve(toResult(container.exitResult)) };
  }
  // Why it could not start was the answer to the start; clients would say it a second time.
  const party = condition === 'removed' ? container.removed : container.stopped;
  return { result: party.next(signal).then(({ exitCode }) => ({ StatusCode: exitCode })) };
}

const toResult = ({ exitCode, error }: ExitResult): WaitResult =>
  error === '' ? { StatusCode: exitCode } : { StatusCode: exitCode, Error: { Message: error } };
