/** Errors as the Engine API answers them: a status derived from the kind, and `{"message"}`. */
import type { ServerResponse } from 'node:http';
import { httpStatusOf, isEngineError } from '@berth/engine-api';

export interface ErrorAnswer {
  status: number;
  message: string;
  /** An error nobody expected: a bug worth a stack in the log. */
  unexpected: boolean;
}

export function describeError(error: unknown): ErrorAnswer {
  if (isEngineError(error)) {
    const status = httpStatusOf[error.kind];
    return { status, message: error.message, unexpected: error.kind === 'internal' };
  }
  const message = error instanceof Error ? error.message : String(error);
  const status = frameworkStatus(error);
  return { status: status ?? 500, message, unexpected: status === undefined };
}

/** Answers directly on the response, for requests that never reach the router. */
export function sendError(response: ServerResponse, error: unknown): void {
  const { status, message } = describeError(error);
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(status === 304 ? undefined : JSON.stringify({ message }));
}

/** Fastify's own refusals (malformed URL, …) carry a 4xx status. */
function frameworkStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}
