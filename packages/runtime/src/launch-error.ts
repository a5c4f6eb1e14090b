import { EngineError } from '@berth/engine-api';

/** What the launcher says when a process could not be started. */
export interface LaunchFailure {
  exitCode: number;
  errno: number;
  /** Part of the set-up that failed: `mount`, `user`, `exec`, … */
  stage: string;
  message: string;
}

/** A process that could not be started, worded as Docker's clients know it. */
export class LaunchError extends EngineError {
  /** 125 set-up, 126 not executable, 127 not found. */
  readonly exitCode: number;
  readonly stage: string;
  readonly errno: number;

  constructor(kind: 'container' | 'exec', failure: LaunchFailure) {
    const isProgram = failure.stage === 'exec';
    super(isProgram || failure.stage === 'user' ? 'invalid-parameter' : 'internal', wordsOf(kind, failure), {
      code: `launch-${failure.stage}`,
    });
    this.name = 'LaunchError';
    this.exitCode = failure.exitCode;
    this.stage = failure.stage;
    this.errno = failure.errno;
  }
}

/** An unknown user is Docker's own finding, before its runtime is asked; all else comes from there. */
function wordsOf(kind: 'container' | 'exec', { stage, message }: LaunchFailure): string {
  if (stage === 'user') return message;
  if (kind === 'exec')
    return `OCI runtime exec failed: exec failed: unable to start container process: ${message}`;
  return `failed to create task for container: unable to start container process: error during container init: ${message}`;
}
