/** Accounts and sessions, on better-auth. Its HTTP handler is not served: tRPC is the only door. */
import { randomBytes } from 'node:crypto';
import type { PrismaClient } from '@berth/db';
import { betterAuth } from 'better-auth';
import { prismaAdapter } from 'better-auth/adapters/prisma';
import { APIError } from 'better-auth/api';
import { username } from 'better-auth/plugins/username';
import type { ApiConfig, Logger } from '../config.ts';
import type { RequestFacts } from '../context.ts';
import { ConsoleError } from '../lib/errors.ts';
import type { UserInfo } from '../schemas/system.ts';
import type { EndedSessions, SessionInfo } from './guard.ts';
import { sameSetupCode } from './setup-code.ts';
import { createThrottle, networkOf, type ThrottleLimit } from './throttle.ts';

/** A new session and the cookies that carry it. */
export interface SignedIn {
  user: UserInfo;
  cookies: string[];
}

export interface AuthService {
  setupNeeded(): Promise<boolean>;
  /** Works once, with the set-up code, while no user exists. */
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
  /** The session a request's cookie names, straight from the database, and cookies when it was prolonged. */
  lookup(request: RequestFacts): Promise<{ session: SessionInfo; cookies: string[] } | null>;
  /** Name of the cookie that carries the session. */
  readonly cookieName: string;
}

export interface AuthOptions {
  client: PrismaClient;
  config: Pick<ApiConfig, 'listen'>;
  /** `undefined` once an administrator exists. */
  setupCode: string | undefined;
  logger: Logger;
  /** Told when sessions end before their time. */
  ended(which: EndedSessions): void;
  now?: () => number;
}

/** Address of accounts without one; better-auth wants an address, RFC 2606 reserves `.invalid`. */
const NO_EMAIL = '@no-address.invalid';
const DAY_S = 24 * 3600;

export async function createAuth(options: AuthOptions): Promise<AuthService> {
  const { client, ended } = options;
  const cookiePrefix = `berth-${options.config.listen.port}`;
  const auth = build(client, cookiePrefix, await secretOf(client), options);
  const throttle = createThrottle(options.now ? { now: options.now } : {});
  let creating: Promise<unknown> = Promise.resolve();

  const setupNeeded = async () => (await client.user.count()) === 0;

  async function createFirst(input: { username: string; email: string; password: string }) {
    if (!(await setupNeeded())) throw alreadySetUp();
    const context = await auth.$context;
    const user = await context.internalAdapter.createUser(
      {
        name: input.username,
        email: (input.email || `${input.username}${NO_EMAIL}`).toLowerCase(),
        emailVerified: false,
        username: input.username.toLowerCase(),
        displayUsername: input.username,
        role: 'admin',
      },
      { method: 'email-password' },
    );
    try {
      const password = await context.password.hash(input.password);
      await context.internalAdapter.linkAccount({
        userId: user.id,
        accountId: user.id,
        providerId: 'credential',
        password,
      });
    } catch (error) {
      // An administrator without a password would close set-up for good.
      await context.internalAdapter.deleteUser(user.id);
      throw error;
    }
  }

  async function signIn(
    { login, password }: { login: string; password: string },
    request: RequestFacts,
  ): Promise<SignedIn> {
    const headers = request.headers;
    const { headers: answer } = login.includes('@')
      ? await auth.api.signInEmail({ body: { email: login, password }, headers, returnHeaders: true })
      : await auth.api.signInUsername({ body: { username: login, password }, headers, returnHeaders: true });
    const cookies = cookiesOf(answer, request);
    const token = cookies.find((cookie) => cookie.startsWith(`${cookiePrefix}.session_token=`));
    const found = await lookup({ ...request, headers: new Headers({ cookie: token?.split(';')[0] ?? '' }) });
    if (!found) throw wrongLogin();
    return { user: found.session.user, cookies };
  }

  const lookup: AuthService['lookup'] = async (request) => {
    const { response, headers } = await auth.api.getSession({
      headers: request.headers,
      returnHeaders: true,
    });
    if (!response) return null;
    const { session, user } = response;
    return {
      session: {
        id: session.id,
        user: userInfo(user),
        expiresAtMs: session.expiresAt.getTime(),
      },
      cookies: cookiesOf(headers, request),
    };
  };

  return {
    cookieName: `${cookiePrefix}.session_token`,
    setupNeeded,
    lookup,
    async createAdmin(input, request) {
      if (options.setupCode === undefined || !(await setupNeeded())) throw alreadySetUp();
      const succeed = throttle.attempt(setupLimits(request));
      if (!sameSetupCode(input.code, options.setupCode)) throw wrongCode();
      succeed();
      // One after the other: two requests with the right code must not make two administrators.
      const mine = creating.then(() => createFirst(input));
      creating = mine.catch(() => undefined);
      await mine;
      options.logger.info({ username: input.username }, 'first administrator created');
      return await signIn({ login: input.username, password: input.password }, request);
    },
    async signIn(input, request) {
      const succeed = throttle.attempt(loginLimits(input.login, request));
      try {
        const signedIn = await signIn(input, request);
        succeed();
        return signedIn;
      } catch (error) {
        throw error instanceof APIError ? wrongLogin() : error;
      }
    },
    async signOut(request, session) {
      const { headers } = await auth.api.signOut({ headers: request.headers, returnHeaders: true });
      ended({ sessionId: session.id });
      return cookiesOf(headers, request);
    },
    async changePassword({ currentPassword, newPassword }, request, session) {
      const succeed = throttle.attempt([{ key: `password ${session.user.id}`, free: 5, maxWaitS: 300 }]);
      try {
        const { headers } = await auth.api.changePassword({
          body: { currentPassword, newPassword, revokeOtherSessions: true },
          headers: request.headers,
          returnHeaders: true,
        });
        succeed();
        ended({ userId: session.user.id, renewedId: session.id });
        return cookiesOf(headers, request);
      } catch (error) {
        throw error instanceof APIError ? wrongPassword() : error;
      }
    },
  };
}

function build(client: PrismaClient, cookiePrefix: string, secret: string, { config, logger }: AuthOptions) {
  return betterAuth({
    appName: 'Berth',
    baseURL: `http://localhost:${config.listen.port}`,
    secret,
    database: prismaAdapter(client, { provider: 'sqlite', transaction: false }),
    telemetry: { enabled: false },
    logger: {
      disableColors: true,
      log: (level, message) => logger[level === 'error' ? 'warn' : 'debug']({}, message),
    },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 10, maxPasswordLength: 128 },
    user: { additionalFields: { role: { type: 'string', defaultValue: 'admin', input: false } } },
    session: { expiresIn: 14 * DAY_S, updateAge: DAY_S },
    advanced: {
      cookiePrefix,
      // `Secure` is added per request: the same server may be reached over http (loopback) and https (proxy).
      useSecureCookies: false,
      // It would believe whatever X-Forwarded-For a client writes; the audit log has the true address.
      ipAddress: { disableIpTracking: true },
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
    },
    plugins: [
      username({
        minUsernameLength: 2,
        maxUsernameLength: 64,
        usernameValidator: (name) => /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name),
      }),
    ],
  });
}

/** Signs the cookies; made once, kept in the database that only the console may read. */
async function secretOf(client: PrismaClient): Promise<string> {
  const key = 'auth.secret';
  const value = randomBytes(32).toString('base64url');
  const setting = await client.setting.upsert({ where: { key }, create: { key, value }, update: {} });
  return setting.value;
}

function cookiesOf(headers: Headers, request: RequestFacts): string[] {
  return headers.getSetCookie().map((cookie) => (request.scheme === 'https' ? `${cookie}; Secure` : cookie));
}

function userInfo(user: {
  id: string;
  name: string;
  email: string;
  username?: string | null | undefined;
}): UserInfo {
  return {
    id: user.id,
    username: user.username ?? user.name,
    name: user.name,
    email: user.email.endsWith(NO_EMAIL) ? null : user.email,
    role: 'admin',
  };
}

/** The account's own limit is short, so a stranger cannot lock its owner out. */
const loginLimits = (login: string, { ip }: RequestFacts): ThrottleLimit[] => {
  const account = login.toLowerCase();
  const network = networkOf(ip);
  return [
    { key: `login ${account} from ${network}`, free: 5, maxWaitS: 900 },
    { key: `login from ${network}`, free: 20, maxWaitS: 900 },
    { key: `login ${account}`, free: 50, maxWaitS: 30 },
  ];
};
const setupLimits = ({ ip }: RequestFacts): ThrottleLimit[] => [
  { key: `setup from ${networkOf(ip)}`, free: 5, maxWaitS: 900 },
  { key: 'setup', free: 50, maxWaitS: 30 },
];

const alreadySetUp = () =>
  new ConsoleError('forbidden', 'An administrator exists already. Sign in instead.', {
    reason: 'set-up-done',
  });
const wrongCode = () =>
  new ConsoleError('forbidden', 'This is not the set-up code the server printed at its start.', {
    reason: 'setup-code',
    fields: [{ path: 'code', message: 'This is not the set-up code the server printed at its start.' }],
  });
const wrongLogin = () =>
  new ConsoleError('unauthorized', 'The user name or the password is not right.', { reason: 'credentials' });
const wrongPassword = () =>
  new ConsoleError('invalid', 'The present password is not right.', {
    reason: 'credentials',
    fields: [{ path: 'currentPassword', message: 'The present password is not right.' }],
  });
