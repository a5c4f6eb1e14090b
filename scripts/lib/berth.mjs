// Starts berthd and the console, shows what the user needs to know, and keeps both running until told to stop.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { socketOf, splitArguments } from './arguments.mjs';
import { consoleUser, ensureConsoleUser } from './console-user.mjs';
import { loadBusybox } from './engine-request.mjs';
import { keepRunning } from './keep-running.mjs';
import { formatLogLine, plain, WARN } from './log-format.mjs';
import { busyboxArchive, node26 } from './setup.mjs';
import { root, SetupError } from './steps.mjs';

/** @throws SetupError unless this is root */
export function requireRoot() {
  if (process.getuid?.() !== 0)
    throw new SetupError('berthd makes namespaces, mounts and firewall rules: run npm start as root.');
}

const stdio = ['ignore', 'pipe', 'pipe', 'ipc'];

/** In a session of its own: the terminal's Ctrl-C reaches us alone, and we end it in order. */
const launchEngine = (flags) =>
  spawn(node26, [join(root, 'apps/engine/src/main.ts'), ...flags], { stdio, detached: true });

function launchConsole(settings, socketPath) {
  const user = consoleUser();
  const own = Object.entries(process.env).filter(([name]) => name.startsWith('BERTH_'));
  return spawn(
    'unshare',
    ['--mount', '--propagation', 'private', node26, join(root, 'scripts/console.mjs')],
    {
      stdio,
      detached: true,
      env: {
        PATH: process.env.PATH,
        ...Object.fromEntries(own),
        NODE_ENV: 'production',
        BERTH_CONSOLE_HOST: settings.host,
        BERTH_CONSOLE_PORT: settings.port,
        BERTH_CONSOLE_DATA: settings.data,
        BERTH_ENGINE: `unix://${socketPath}`,
        BERTH_CONSOLE_UID: String(user.uid),
        BERTH_CONSOLE_GID: String(user.gid),
      },
    },
  );
}

/** A taken port is found before anything is started. @throws SetupError */
async function checkAddress({ host, port }) {
  const probe = createServer();
  probe.listen(Number(port), host);
  try {
    await once(probe, 'listening');
  } catch (error) {
    const why = {
      EADDRINUSE: `another program listens on ${host}:${port}; choose another port with --console-port`,
      EADDRNOTAVAIL: `this machine has no address ${host}; choose another with --console-host`,
      ENOTFOUND: `the name ${host} is unknown; choose another with --console-host`,
    }[error.code];
    throw new SetupError(`The console cannot start: ${why ?? error.message}.`);
  }
  probe.close();
  await once(probe, 'close');
}

/** Name and value in columns; what has no value is left out. */
const table = (rows) =>
  rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name.padEnd(12)} ${value}\n`)
    .join('');

const summary = ({ address, setupCode }, socketPath) =>
  `\n${table([
    ['Console', address],
    ['Set-up code', setupCode && `${setupCode}   (asked once, for the first administrator)`],
    ['Engine', `unix://${socketPath}`],
    ['Try', `docker -H unix://${socketPath} run -it --rm busybox sh`],
  ])}\n  Ctrl-C stops Berth; containers go on.\n\n`;

/**
 * Runs Berth until `stop` is called. @throws SetupError when it cannot start
 * @param {readonly string[]} argv flags of `npm start`
 */
export function createBerth(argv) {
  const { console: settings, engineFlags } = splitArguments(argv);
  const socketPath = socketOf(engineFlags);
  let phase = 'starting';
  let shownCode;
  const say = (text) => process.stderr.write(`  ${plain(text).replaceAll('\\x0a', '\n  ')}\n`);
  const show = (source) => (line) => {
    // While it starts and stops, only trouble is worth reading.
    const atLeast = phase === 'running' ? 0 : WARN;
    const text = formatLogLine(source, line, { colour: process.stderr.isTTY, atLeast });
    if (text !== undefined) process.stderr.write(`${text}\n`);
  };
  const engine = keepRunning({
    name: 'berthd',
    launch: () => launchEngine(engineFlags),
    onLine: show('berthd'),
    say,
  });
  let facts = {};
  const web = keepRunning({
    name: 'The console',
    launch: () => launchConsole(settings, socketPath),
    onLine: show('console'),
    onReady(message) {
      facts = message;
      if (phase === 'running' && facts.setupCode !== shownCode) say(`Set-up code  ${facts.setupCode}`);
      shownCode = facts.setupCode;
    },
    say,
  });

  return {
    async run() {
      try {
        await checkAddress(settings);
        await ensureConsoleUser();
        await engine.start();
        const trouble = await loadBusybox(socketPath, busyboxArchive);
        if (trouble) say(trouble);
        await web.start();
      } catch (error) {
        if (phase === 'stopping') return await Promise.all([web.stop(), engine.stop()]);
        await this.stop();
        throw error;
      }
      if (phase === 'stopping') return;
      phase = 'running';
      process.stderr.write(summary(facts, socketPath));
      await Promise.all([engine.guard(), web.guard()]);
    },
    /** The first call asks, the second ends both at once. Neither touches a container. */
    async stop() {
      const now = phase === 'stopping';
      phase = 'stopping';
      await Promise.all([web.stop({ now }), engine.stop({ now })]);
    },
  };
}
