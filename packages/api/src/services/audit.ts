/** Who did what to which object, and how it ended. */
import type { TRPCError } from '@trpc/server';
import type { RequestFacts } from '../context.ts';
import type { SessionInfo } from './guard.ts';

export interface AuditEntry {
  action: string;
  /** Input as it came; only names and ids are kept. */
  input: unknown;
  request: RequestFacts;
  error: TRPCError | null;
  session: SessionInfo | null;
}

export interface AuditService {
  record(entry: AuditEntry): Promise<void>;
}
