import type { FieldError } from '@berth/api/schemas';
import { TRPCClientError } from '@trpc/client';

interface ErrorData {
  code?: string;
  reason?: string | null;
  fields?: FieldError[] | null;
}

const dataOf = (error: unknown): ErrorData | undefined =>
  error instanceof TRPCClientError ? (error.data as ErrorData | undefined) : undefined;

/** A stable word for what went wrong: `signed-out`, `engine-offline`, `throttled`, `unreachable`, …; null when it has none. */
export function reasonOf(error: unknown): string | null {
  const data = dataOf(error);
  if (data?.code === 'UNAUTHORIZED' && (data.reason === null || data.reason === undefined))
    return 'signed-out';
  if (data) return data.reason ?? null;
  return error instanceof TRPCClientError ? 'unreachable' : null;
}

/** Wrong fields by dotted path. */
export function fieldsOf(error: unknown): FieldError[] {
  return dataOf(error)?.fields ?? [];
}

/** The error as a sentence for the user. */
export function wordsOf(error: unknown): string {
  if (reasonOf(error) === 'unreachable') {
    return 'The console’s server does not answer. Check that it runs and that a proxy in front of it passes requests on.';
  }
  return error instanceof Error ? error.message : 'Something unexpected went wrong.';
}
