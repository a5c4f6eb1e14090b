/** Every error becomes tRPC's in one place; what is not expected is logged and stays unexplained to the browser. */
import { randomUUID } from 'node:crypto';
import { isDockerError } from '@berth/docker-client';
import { TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import type { Logger } from '../config.ts';
import { ConsoleError, type ConsoleErrorKind } from '../lib/errors.ts';

const codeOf = {
  invalid: 'BAD_REQUEST',
  unauthorized: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  'not-found': 'NOT_FOUND',
  conflict: 'CONFLICT',
  throttled: 'TOO_MANY_REQUESTS',
  unavailable: 'SERVICE_UNAVAILABLE',
  unsupported: 'METHOD_NOT_SUPPORTED',
} as const satisfies Record<ConsoleErrorKind, TRPCError['code']>;

export function createErrorMap(logger: Logger): (error: TRPCError, path: string) => TRPCError {
  return (error, path) => {
    const { cause } = error;
    if (cause instanceof ZodError && error.code === 'BAD_REQUEST') return error;
    const expected = asConsoleError(cause);
    if (expected)
      return new TRPCError({ code: codeOf[expected.kind], message: expected.message, cause: expected });
    // Thrown by tRPC or a procedure on purpose.
    if (error.code !== 'INTERNAL_SERVER_ERROR') return error;
    const id = randomUUID().slice(0, 8);
    logger.error({ path, id, err: cause ?? error }, 'unexpected error');
    return new TRPCError({
      code: error.code,
      message: `Something unexpected went wrong (${id}). The server's log has more.`,
    });
  };
}

/** The engine's refusals keep its words; an engine that does not answer is told apart. */
export function asConsoleError(error: unknown): ConsoleError | undefined {
  if (error instanceof ConsoleError) return error;
  if (error instanceof Error && error.name === 'TimeoutError')
    return new ConsoleError('unavailable', 'The engine did not answer in time.', {
      reason: 'engine-slow',
      cause: error,
    });
  if (!isDockerError(error)) return undefined;
  const { status, message } = error;
  if (status === undefined)
    return new ConsoleError('unavailable', sentence(message), { reason: 'engine-offline', cause: error });
  const kind = kindOfStatus(status);
  return new ConsoleError(kind, sentence(message), { reason: `engine-${status}`, cause: error });
}

function kindOfStatus(status: number): ConsoleErrorKind {
  if (status === 404) return 'not-found';
  if (status === 409) return 'conflict';
  if (status === 501) return 'unsupported';
  if (status === 401 || status === 403) return 'forbidden';
  return status < 500 ? 'invalid' : 'unavailable';
}

/** Engines write fragments: “no such container: web”. */
const sentence = (message: string): string => {
  const text = message.trim();
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
};
