/** Signing in and out, and the first administrator. */
import { z } from 'zod';
import type { Context } from '../context.ts';
import { ConsoleError } from '../lib/errors.ts';
import {
  ChangePasswordInput,
  CreateAdminInput,
  Me,
  SetupStatus,
  SignInInput,
  UserInfo,
} from '../schemas/system.ts';
import { mutation, procedure, publicProcedure, router } from '../trpc.ts';

const Signed = z.object({ user: UserInfo });
const setCookies = (ctx: Context, cookies: string[]) => {
  for (const cookie of cookies) ctx.setCookie(cookie);
};

/** Records who tried to get in; a throttled attempt was none, and must not fill the log. */
async function audited<T>(ctx: Context, action: string, login: string, work: Promise<T>): Promise<T> {
  const record = (error: Error | null) =>
    ctx.services.audit.record({ action, input: null, request: ctx.request, error, session: null, login });
  try {
    const done = await work;
    await record(null);
    return done;
  } catch (error) {
    const isThrottled = error instanceof ConsoleError && error.kind === 'throttled';
    if (!isThrottled) await record(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

export const setupRouter = router({
  status: publicProcedure
    .output(SetupStatus)
    .query(async ({ ctx }) => ({ needed: await ctx.services.auth.setupNeeded() })),
  /** Needs the one-time code; signs the new administrator in. */
  createAdmin: publicProcedure
    .input(CreateAdminInput)
    .output(Signed)
    .mutation(async ({ ctx, input }) => {
      const work = ctx.services.auth.createAdmin(input, ctx.request);
      const { user, cookies } = await audited(ctx, 'setup.create-admin', input.username, work);
      setCookies(ctx, cookies);
      return { user };
    }),
});

export const sessionRouter = router({
  /** `null` without a session: the one question a signed-out page may ask. */
  current: publicProcedure.output(Me.nullable()).query(async ({ ctx }) => {
    const session = await ctx.services.guard.session(ctx.request);
    return session ? { user: session.user, sessionExpiresAtMs: session.expiresAtMs } : null;
  }),
  me: procedure
    .output(Me)
    .query(({ ctx }) => ({ user: ctx.session.user, sessionExpiresAtMs: ctx.session.expiresAtMs })),
  signIn: publicProcedure
    .input(SignInInput)
    .output(Signed)
    .mutation(async ({ ctx, input }) => {
      const work = ctx.services.auth.signIn(input, ctx.request);
      const { user, cookies } = await audited(ctx, 'session.sign-in', input.login, work);
      setCookies(ctx, cookies);
      return { user };
    }),
  signOut: mutation('session.sign-out').mutation(async ({ ctx }) => {
    setCookies(ctx, await ctx.services.auth.signOut(ctx.request, ctx.session));
  }),
  changePassword: mutation('session.change-password')
    .input(ChangePasswordInput)
    .mutation(async ({ ctx, input }) => {
      setCookies(ctx, await ctx.services.auth.changePassword(input, ctx.request, ctx.session));
    }),
});
