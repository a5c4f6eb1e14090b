/** Every setting of the console that comes from its environment, read and checked once. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

const Origin = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url.origin;
  context.addIssue({
    code: 'custom',
    message: `“${text}” is not an origin such as https://berth.example.org.`,
  });
  return z.NEVER;
});

const Env = z.object({
  /** Address to listen on; loopback unless told otherwise. */
  BERTH_CONSOLE_HOST: z.string().min(1).default('127.0.0.1'),
  BERTH_CONSOLE_PORT: z.coerce.number().int().min(0).max(65535).default(23784),
  /** Folder for the console's database; the only place it writes to. */
  BERTH_CONSOLE_DATA: z.string().min(1).optional(),
  /** The local engine: socket path, `unix://…` or `tcp://…`. */
  BERTH_ENGINE: z.string().min(1).default('unix:///run/berth/berth.sock'),
  /** Origins under which browsers reach the console through a proxy, separated by commas. */
  BERTH_ORIGIN: list.pipe(z.array(Origin)),
  /** Addresses or CIDRs of proxies whose forwarded headers are believed, separated by commas. */
  BERTH_TRUSTED_PROXIES: list,
  /** One-time code for the first administrator instead of a random one. */
  BERTH_SETUP_CODE: z
    .string()
    .trim()
    // Spaces and dashes do not count when the code is compared.
    .refine((code) => code.replaceAll(/[\s-]/g, '').length >= 8, 'At least 8 letters or digits.')
    .optional(),
  BERTH_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export interface ConsoleEnv {
  host: string;
  port: number;
  dataDir: string;
  engine: string;
  origins: string[];
  trustedProxies: string[];
  setupCode: string | undefined;
  logLevel: string;
}

/** @throws Error with one line per wrong variable */
export function readEnv(source: Readonly<Record<string, string | undefined>>): ConsoleEnv {
  // A variable set to nothing is one that is not set.
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = Env.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(
      ({ path, message }) => `${path[0] === undefined ? '' : String(path[0])}: ${message}`,
    );
    throw new Error(lines.join('\n'));
  }
  const env = parsed.data;
  return {
    host: env.BERTH_CONSOLE_HOST,
    port: env.BERTH_CONSOLE_PORT,
    dataDir: resolve(env.BERTH_CONSOLE_DATA ?? defaultDataDir(source)),
    engine: env.BERTH_ENGINE,
    origins: env.BERTH_ORIGIN,
    trustedProxies: env.BERTH_TRUSTED_PROXIES,
    setupCode: env.BERTH_SETUP_CODE,
    logLevel: env.BERTH_LOG_LEVEL,
  };
}

/** The service manager's folder where there is one, else the user's own (XDG base directories). */
function defaultDataDir(source: Readonly<Record<string, string | undefined>>): string {
  const [state] = (source.STATE_DIRECTORY ?? '').split(':');
  return state || join(source.XDG_DATA_HOME || join(homedir(), '.local/share'), 'berth-console');
}
