/** Who did what to which object, and how it ended. */
import { randomUUID } from 'node:crypto';
import type { PrismaClient } from '@berth/db';
import type { Logger } from '../config.ts';
import type { RequestFacts } from '../context.ts';
import type { SessionInfo } from './guard.ts';

export interface AuditRecord {
  action: string;
  /** Input as it came; only names and ids are kept. */
  input: unknown;
  request: Pick<RequestFacts, 'ip'>;
  /** `null`: it worked. */
  error: Error | null;
  session: SessionInfo | null;
  /** Who is meant where nobody is signed in. */
  login?: string;
}

export interface AuditService {
  /** Never throws: what was done is done, a full disk must not make it look undone. */
  record(entry: AuditRecord): Promise<void>;
}

/** Everything else of an input (env values, passwords, commands) may hold secrets. */
const KEPT = ['id', 'ids', 'name', 'image', 'reference', 'jobId', 'action', 'container'] as const;
const MAX_OBJECTS = 200;
/** The input is what the browser sent, checked or not. */
const MAX_LENGTH = 512;

export function createAudit(client: PrismaClient, logger: Logger): AuditService {
  return {
    async record({ action, input, request, error, session, login }) {
      const { environment, objects } = describe(input);
      try {
        await client.auditEntry.create({
          data: {
            id: randomUUID(),
            userId: session?.user.id ?? null,
            username: session?.user.username ?? login ?? '',
            action,
            environmentId: environment,
            objects: JSON.stringify(objects),
            ok: error === null,
            message: error?.message.slice(0, 1000) ?? null,
            ipAddress: request.ip,
          },
        });
      } catch (cause) {
        logger.error({ action, err: cause }, 'the audit log could not be written');
      }
    },
  };
}

function describe(input: unknown): { environment: string | null; objects: string[] } {
  if (typeof input !== 'object' || input === null) return { environment: null, objects: [] };
  const fields = new Map<string, unknown>(Object.entries(input));
  const objects = KEPT.flatMap((key) => {
    const value = fields.get(key);
    if (Array.isArray(value)) return value.slice(0, MAX_OBJECTS).map(bounded);
    return typeof value === 'string' && value !== ''
      ? [key === 'id' ? bounded(value) : `${key}=${bounded(value)}`]
      : [];
  });
  const environment = fields.get('environment');
  return { environment: typeof environment === 'string' ? bounded(environment) : 'local', objects };
}

const bounded = (value: unknown): string => String(value).slice(0, MAX_LENGTH);
