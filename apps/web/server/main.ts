/**
 * The console's process. `node apps/web/server/main.ts` serves the built pages, `--dev` compiles them on the fly.
 * Runs as any user: it only writes to BERTH_CONSOLE_DATA. Settings are in `env.ts`.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createApiServer } from '@berth/api';
import next from 'next';
import { pino } from 'pino';
import { type ConsoleEnv, readEnv } from './env.ts';
import { startConsoleServer } from './server.ts';

const { values: flags } = parseArgs({ options: { dev: { type: 'boolean', default: false } } });

/** Exit status of a wrong setting (sysexits.h EX_CONFIG). */
const EX_CONFIG = 78;
const env = readSettings();
// React picks its build by NODE_ENV when Next loads it, so this comes before `next()`. Nothing calls home.
Object.assign(process.env, {
  NODE_ENV: flags.dev ? 'development' : 'production',
  NEXT_TELEMETRY_DISABLED: '1',
});
const logger = pino({ level: env.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));

const api = await createApiServer({
  config: {
    dataDir: env.dataDir,
    engine: env.engine,
    listen: { host: env.host, port: env.port },
    origins: env.origins,
    trustedProxies: env.trustedProxies,
    setupCode: env.setupCode,
  },
  logger,
}).catch(cannotStart);
const app = next({
  dev: flags.dev,
  dir: resolve(import.meta.dirname, '..'),
  hostname: env.host,
  port: env.port,
});
await app.prepare();
const handle = app.getRequestHandler();
const upgrade = app.getUpgradeHandler();
const server = await startConsoleServer({
  api,
  pages: {
    handle: (request, response) => handle(request, response),
    ...(flags.dev ? { upgrade: (request, socket, head) => upgrade(request, socket, head) } : {}),
  },
  host: env.host,
  port: env.port,
  dev: flags.dev,
  logger,
}).catch(cannotStart);
announce(server.port);

let stopping = false;
// Whoever started this process with a channel and is gone cannot stop it any more.
for (const event of ['SIGINT', 'SIGTERM', 'disconnect'] as const) {
  process.on(event, () => {
    // A second signal means “now”.
    if (stopping) process.exit(1);
    stopping = true;
    void stop();
  });
}

async function stop(): Promise<void> {
  await server.close();
  await app.close();
  process.exit(0);
}

function readSettings(): ConsoleEnv {
  try {
    return readEnv(process.env);
  } catch (error) {
    console.error(`The console cannot start:\n${error instanceof Error ? error.message : String(error)}`);
    process.exit(EX_CONFIG);
  }
}

/** An address or a data folder that cannot be used is worth a sentence; anything else keeps its stack. */
function cannotStart(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const sentences: Record<string, string> = {
    EADDRINUSE: `another program listens on ${env.host}:${env.port}; choose another BERTH_CONSOLE_PORT`,
    EADDRNOTAVAIL: `this machine has no address ${env.host}; choose another BERTH_CONSOLE_HOST`,
    EACCES: `it may not write to ${env.dataDir}; choose another BERTH_CONSOLE_DATA`,
    EROFS: `${env.dataDir} is read-only; choose another BERTH_CONSOLE_DATA`,
  };
  const sentence = sentences[String(code)];
  if (sentence === undefined) throw error;
  console.error(`The console cannot start: ${sentence}.`);
  process.exit(EX_CONFIG);
}

/** On the channel of a parent that opened one, else on stdout for people. */
function announce(port: number): void {
  const name = ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(env.host) ? 'localhost' : env.host;
  const { setupCode } = api;
  const address = `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
  if (process.send) {
    process.send({ address, setupCode });
    return;
  }
  console.log(`Berth console: ${address}`);
  if (setupCode !== undefined) console.log(`Set-up code for the first administrator: ${setupCode}`);
}
