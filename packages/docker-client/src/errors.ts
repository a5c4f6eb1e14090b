/** A call that an engine refused, or that did not get through to it. The message is fit for users. */
export class DockerError extends Error {
  /** HTTP status of the answer; undefined when there was none. */
  readonly status: number | undefined;
  /** errno name such as ENOENT or ECONNREFUSED when the connection failed. */
  readonly code: string | undefined;

  constructor(
    message: string,
    options: { status?: number; code?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DockerError';
    this.status = options.status;
    this.code = options.code;
  }
}

export const isDockerError = (error: unknown): error is DockerError => error instanceof DockerError;

/** @param endpoint as the user wrote it, so that the message says which engine is meant */
export function unreachable(endpoint: string, cause: unknown): DockerError {
  const code = errnoOf(cause);
  const why = code === undefined ? String(cause instanceof Error ? cause.message : cause) : explain(code);
  return new DockerError(`cannot reach the engine at ${endpoint}: ${why}`, { code, cause });
}

function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function explain(code: string): string {
  const words: Record<string, string> = {
    ENOENT: 'the socket does not exist (is the engine running?)',
    ECONNREFUSED: 'the connection was refused (is the engine running?)',
    EACCES: 'permission denied on the socket',
    ECONNRESET: 'the engine closed the connection',
    ENOTFOUND: 'the host name is unknown',
    ETIMEDOUT: 'no answer in time',
  };
  return words[code] ?? code;
}
