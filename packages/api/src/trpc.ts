/** tRPC set up once: transformer, error shape, and the three kinds of procedure. */
import { initTRPC, TRPCError } from '@trpc/server';
import superjson from 'superjson';
import { ZodError } from 'zod';
import type { Context } from './context.ts';
import { ConsoleError } from './lib/errors.ts';
import type { FieldError } from './schemas/common.ts';

export interface Meta {
  /** Name of the action in the audit log; every mutation of an engine has one. */
  audit?: string;
  /** Needs no session. Only set-up and sign-in are. */
  public?: true;
}

const fieldsOf = (error: TRPCError): FieldError[] | null => {
  const { cause } = error;
  if (cause instanceof ZodError)
    return cause.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message }));
  return cause instanceof ConsoleError ? cause.fields : null;
};

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    transformer: superjson,
    isDev: false,
    errorFormatter: ({ shape, error }) => {
      const fields = fieldsOf(error);
      const isInput = error.cause instanceof ZodError;
      return {
        ...shape,
        message: isInput ? (fields?.[0]?.message ?? 'The input is not valid.') : shape.message,
        data: {
          ...shape.data,
          /** Wrong fields by dotted path, for forms; `null` when the error is about something else. */
          fields,
          /** Stable reason for code that acts on it, e.g. `engine-offline`, `throttled`, `origin`. */
          reason: error.cause instanceof ConsoleError ? error.cause.reason : null,
        },
      };
    },
  });

export const router = t.router;

/** Turns the console's and the engine's typed errors into tRPC's, and anything unknown into a logged 500. */
const errors = t.middleware(async ({ next, ctx, path }) => {
  const result = await next();
  if (result.ok) return result;
  throw ctx.services.toTRPCError(result.error, path);
});

const origin = t.middleware(({ next, ctx, type }) => {
  ctx.services.guard.checkOrigin(ctx.request, { required: type === 'mutation' || ctx.transport === 'ws' });
  return next();
});

const session = t.middleware(async ({ next, ctx }) => {
  const found = await ctx.services.guard.session(ctx.request, ctx.setCookie);
  if (!found) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in to go on.' });
  return next({ ctx: { ...ctx, session: found } });
});

const audited = (action: string) =>
  t.middleware(async ({ next, ctx, getRawInput }) => {
    // Before the work: signing out ends the session that did it.
    const session = await ctx.services.guard.session(ctx.request);
    const result = await next();
    const error = result.ok ? null : result.error;
    await ctx.services.audit.record({
      action,
      input: await getRawInput(),
      request: ctx.request,
      error,
      session,
    });
    return result;
  });

/** No session needed, but the origin is checked. */
export const publicProcedure = t.procedure.meta({ public: true }).use(errors).use(origin);
/** Reads. */
export const procedure = t.procedure.use(errors).use(origin).use(session);
/** Changes something: audited. */
export const mutation = (action: string) => procedure.meta({ audit: action }).use(audited(action));
