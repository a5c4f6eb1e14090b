// Keeps one program of Berth running: starts it, passes its output on, and starts it again when it ends unasked.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { SetupError } from './steps.mjs';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;
/** A program that ran this long was healthy: the next pause is short again. */
const HEALTHY_MS = 60_000;
/** A program told to end is given this long. */
const GRACE_MS = 5_000;

const isRunning = (child) => child.exitCode === null && child.signalCode === null;

/** Resolves with the first message on the child's IPC channel. @throws SetupError in the program's own words */
function readiness(name, child, said) {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('error', (cause) => reject(new SetupError(`Cannot run ${name}: ${cause.message}`)));
    child.once('close', (code, signal) =>
      reject(
        new SetupError(
          said.length > 0
            ? said.join('\n')
            : `${name} ended before it was ready (${signal ?? `status ${code}`}).`,
        ),
      ),
    );
  });
}

/**
 * @param {object} program
 * @param {string} program.name for messages
 * @param {() => import('node:child_process').ChildProcess} program.launch with piped output and an IPC channel
 * @param {(line: string) => void} program.onLine each line of its output
 * @param {(message: unknown) => void} [program.onReady] each time it is ready, with what it said on the channel
 * @param {(text: string) => void} program.say tells the user
 */
export function keepRunning({ name, launch, onLine, onReady = () => {}, say }) {
  const stopping = new AbortController();
  let child;

  /** Starts it and waits until it is ready; what it said in plain words before that explains a failure. */
  async function start() {
    stopping.signal.throwIfAborted();
    const said = [];
    let isReady = false;
    child = launch();
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) =>
        isReady || line.startsWith('{') ? onLine(line) : said.push(line),
      );
    const message = await readiness(name, child, said);
    isReady = true;
    onReady(message);
  }

  async function guard() {
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const since = Date.now();
      if (isRunning(child)) await once(child, 'exit');
      if (stopping.signal.aborted) return;
      if (Date.now() - since > HEALTHY_MS) pauseMs = FIRST_PAUSE_MS;
      const how = child.signalCode ?? `status ${child.exitCode}`;
      say(`${name} ended unexpectedly (${how}); starting it again.`);
      try {
        await pause(pauseMs, undefined, { signal: stopping.signal });
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
        await start();
        say(`${name} is back.`);
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (!(error instanceof SetupError)) throw error;
        say(error.message);
      }
    }
  }

  return {
    start,
    /** Resolves when it has ended because `stop` was called. */
    guard,
    /** Asks it to end; `now`, or five seconds, ends it at once. */
    async stop({ now = false } = {}) {
      stopping.abort();
      if (!child || !isRunning(child)) return;
      const ended = once(child, 'exit');
      child.kill(now ? 'SIGKILL' : 'SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      await ended;
      clearTimeout(late);
    },
  };
}
