/** berthd: reads its settings, joins the parts of the engine, and serves the Engine API until it is told to end. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import path from 'node:path';
import { instanceOf, isEngineError } from '@berth/engine-api';
import { pino } from 'pino';
import { parseCommandLine, UsageError } from './config/flags.ts';
import { helpText } from './config/help.ts';
import { loadSettings, type Settings } from './config/settings.ts';
import { openEngine } from './daemon/engine.ts';
import { lockInstance } from './daemon/instance-lock.ts';
import { listen } from './daemon/listen.ts';
import { version } from './daemon/version.ts';
import { createApiServer } from './http/server.ts';

/** @returns the exit status */
export async function berthd(argv: readonly string[]): Promise<number> {
  try {
    const line = parseCommandLine(argv);
    if (line.action === 'help') process.stdout.write(helpText());
    else if (line.action === 'version') process.stdout.write(`Berth version ${version}\n`);
    else await run(await loadSettings(line));
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError) && !isEngineError(error)) throw error;
    process.stderr.write(`berthd: ${error.message}\n`);
    return 1;
  }
}

async function run(settings: Settings): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new UsageError('must be run as root: it makes namespaces, mounts and rules');
  await using stack = new AsyncDisposableStack();
  const told = untilTold(stack);
  const logger = pino({ level: settings.debug ? 'debug' : settings['log-level'] }, pino.destination(2));
  process.on('unhandledRejection', (error) => logger.error({ err: error }, 'a background task failed'));

  stack.use(await lockInstance(settings['data-root']));
  await mkdir(settings['exec-root'], { recursive: true, mode: 0o755 });
  await writePidFile(settings.pidfile, stack);
  const instance = instanceOf(settings['data-root']);
  const engine = await openEngine(settings, { instance, version, logger });
  stack.defer(() => engine.close({ stopContainers: false }));
  const api = await createApiServer({ engine, logger, version });
  stack.defer(async () => {
    await api.close();
  });
  for (const host of settings.hosts) stack.use(await listen(host, settings, api));

  logger.info({ hosts: settings.hosts, instance, version }, 'berthd is ready');
  // A parent that opened a channel waits for this.
  process.send?.('ready');
  flushCompileCache();
  logger.info({ reason: await told }, 'berthd ends; containers go on');
}

/** A signal, or the end of a parent that opened a channel: nobody could stop this process any more. */
function untilTold(stack: AsyncDisposableStack): Promise<string> {
  const over = new AbortController();
  // Listening on the channel would keep the process alive.
  stack.defer(() => over.abort());
  const { promise, resolve } = Promise.withResolvers<string>();
  for (const reason of ['SIGTERM', 'SIGINT', 'disconnect']) {
    const tell = () => resolve(reason);
    process.once(reason, tell);
    over.signal.addEventListener('abort', () => process.removeListener(reason, tell));
  }
  return promise;
}

async function writePidFile(file: string, stack: AsyncDisposableStack): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${process.pid}\n`);
  stack.defer(() => rm(file, { force: true }));
}
