/** Who may do what: the one place every procedure, route and socket asks. */
import type { RequestFacts } from '../context.ts';
import type { UserInfo } from '../schemas/system.ts';

export interface SessionInfo {
  id: string;
  user: UserInfo;
  expiresAtMs: number;
}

export interface Guard {
  /** Throws `forbidden` (reason `origin`) for a foreign origin, or a missing one where `required`. */
  checkOrigin(request: RequestFacts, options: { required: boolean }): void;
  /** The living session of the request's cookie, or `null`. */
  session(request: RequestFacts): Promise<SessionInfo | null>;
  /** Origin and session in one: what sockets and plain routes call. Throws. */
  authorise(request: RequestFacts, options: { originRequired: boolean }): Promise<SessionInfo>;
  /** Calls back when the session ends (sign-out, password change, expiry). Returns the way to stop listening. */
  onEnd(session: SessionInfo, callback: () => void): () => void;
}
