/** Accounts and sessions, on better-auth. */
import type { RequestFacts } from '../context.ts';
import type { UserInfo } from '../schemas/system.ts';
import type { SessionInfo } from './guard.ts';

/** A new session and the cookies that carry it. */
export interface SignedIn {
  user: UserInfo;
  cookies: string[];
}

export interface AuthService {
  setupNeeded(): Promise<boolean>;
  createAdmin(
    input: { code: string; username: string; email: string; password: string },
    request: RequestFacts,
  ): Promise<SignedIn>;
  signIn(input: { login: string; password: string }, request: RequestFacts): Promise<SignedIn>;
  /** Returns the cookies that clear the session's. */
  signOut(request: RequestFacts, session: SessionInfo): Promise<string[]>;
  /** Ends every other session of the user; returns the cookies of a fresh one. */
  changePassword(
    input: { currentPassword: string; newPassword: string },
    request: RequestFacts,
    session: SessionInfo,
  ): Promise<string[]>;
}
