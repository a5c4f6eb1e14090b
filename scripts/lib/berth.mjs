// Starts berthd and the console and keeps them together: when one ends, the other is stopped too.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { consoleUser, ensureConsoleUser } from './console-user.mjs';
import { busyboxArchive, node26 } from './setup.mjs';
import { root, SetupError } from './steps.mjs';

const consoleFlags = { '--console-host': 'host', '--console-port': 'port', '--console-data': 'data' };

/** Splits our own flags from those handed to berthd. */
export function splitArguments(argv) {
  const console_ = { host: '127.0.0.1', port: '23784', data: '/var/lib/berth-console' };
  const engineFlags = [];
  for (let at = 0; at < argv.length; at++) {
    const [flag, inline] = argv[at].split(/=(.*)/s);
    const key = consoleFlags[flag];
    if (!key) engineFlags.push(argv[at]);
    else if ((inline ?? argv[at + 1]) === undefined) throw new SetupError(`${flag} needs a value`);
    else console_[key] = inline ?? argv[++at];
  }
  return { console: console_, engineFlags };
}

/** The first unix socket berthd is told to listen on. */
export function socketOf(engineFlags) {
  for (let at = 0; at < engineFlags.length; at++) {
    const [flag, inline] = engineFlags[at].split(/=(.*)/s);
    if (flag !== '-H' && flag !== '--host') continue;
    const host = inline ?? engineFlags[at + 1] ?? '';
    if (host.startsWith('unix://')) return host.slice('unix://'.length);
  }
  return '/run/berth/berth.sock';
}

/** One request over the engine's socket; resolves with status and body. */
function engineRequest(socketPath, method, path, body) {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath, method, path, headers: { 'content-type': 'application/x-tar' } },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        answer.once('end', () => resolve({ status: answer.statusCode, text }));
        answer.once('error', reject);
      },
    );
    outgoing.once('error', reject);
    if (body) body.pipe(outgoing);
    else outgoing.end();
  });
}

/** Without a registry in reach there must still be something to run. */
async function loadBusybox(socketPath) {
  const { status } = await engineRequest(socketPath, 'GET', '/images/busybox:latest/json');
  if (status !== 404) return;
  const loaded = await engineRequest(
    socketPath,
    'POST',
    '/images/load?quiet=1',
    createReadStream(busyboxArchive),
  );
  if (loaded.status !== 200) process.stderr.write(`Could not load the local busybox image: ${loaded.text}\n`);
}

/** Resolves when a child that was given an IPC channel says it is ready. */
async function ready(child, name) {
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new SetupError(
      `${name} ended before it was ready (${signal ?? `status ${code}`}); its messages are above.`,
    );
  });
  await Promise.race([once(child, 'message'), ended]);
}

/**
 * @param {readonly string[]} argv flags of `npm start`
 * @returns {Promise<{ stop: () => void, ended: Promise<number>, socketPath: string, address: string }>}
 */
export async function startBerth(argv) {
  const { console: settings, engineFlags } = splitArguments(argv);
  if (process.getuid?.() !== 0)
    throw new SetupError('berthd makes namespaces, mounts and firewall rules: run npm start as root.');
  await ensureConsoleUser();
  const socketPath = socketOf(engineFlags);
  const engine = spawn(node26, [join(root, 'apps/engine/src/main.ts'), ...engineFlags], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  const children = [engine];
  const stop = () => {
    for (const child of children)
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  };
  try {
    await ready(engine, 'berthd');
    await loadBusybox(socketPath);
    const user = consoleUser();
    const web = spawn(
      'unshare',
      ['--mount', '--propagation', 'private', node26, join(root, 'scripts/console.mjs')],
      {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        detached: true,
        env: {
          PATH: process.env.PATH,
          NODE_ENV: 'production',
          NEXT_TELEMETRY_DISABLED: '1',
          ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('BERTH_'))),
          BERTH_CONSOLE_HOST: settings.host,
          BERTH_CONSOLE_PORT: settings.port,
          BERTH_CONSOLE_DATA: settings.data,
          BERTH_ENGINE: `unix://${socketPath}`,
          BERTH_CONSOLE_UID: String(user.uid),
          BERTH_CONSOLE_GID: String(user.gid),
        },
      },
    );
    children.push(web);
    await ready(web, 'the console');
  } catch (error) {
    stop();
    throw error;
  }
  process.stderr.write(
    `  Engine   unix://${socketPath}   (docker -H unix://${socketPath} run -it --rm busybox sh)\n  Ctrl-C stops Berth; containers go on.\n`,
  );
  const exits = children.map(async (child) => {
    const [code, signal] = await once(child, 'exit');
    stop();
    return signal && signal !== 'SIGTERM' ? 1 : (code ?? 0);
  });
  const ended = Promise.all(exits).then((codes) => Math.max(...codes));
  return { stop, ended, socketPath, address: `http://${settings.host}:${settings.port}` };
}
