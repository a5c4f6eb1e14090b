/** Speaks to the resident C program that makes namespaces and links (native/netctl.c has the requests). */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { getSystemErrorMap } from 'node:util';
import { internal, isEngineError, unavailable } from '@berth/engine-api';
import { missingProgram, programEnvironment } from './command.ts';

const builtProgram = fileURLToPath(new URL('../build/netctl', import.meta.url));

interface Waiting {
  request: string;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** One request at a time, answered in order. A program that died is started again by the next request. */
export class Netctl {
  readonly #folder: string;
  readonly #program: string;
  readonly #waiting: Waiting[] = [];
  #child: ChildProcessWithoutNullStreams | undefined;
  #bridge = '-';

  /** @param folder where namespaces are pinned; request names are relative to it. */
  constructor(folder: string, program = builtProgram) {
    this.#folder = folder;
    this.#program = program;
  }

  /** New links are attached to this bridge. */
  async attachTo(bridge: string): Promise<void> {
    this.#bridge = bridge;
    await this.call('bridge', bridge);
  }

  /**
   * Gives input to iptables-restore, all or nothing per table. Done by the helper because the daemon is large and a
   * large process forks slowly: some milliseconds in which it does nothing else.
   * @throws unavailable when iptables is not installed, internal with its complaint when it fails
   */
  async restore(lines: readonly string[]): Promise<void> {
    try {
      await this.#send(`restore ${lines.length}`, `${lines.join('\n')}\n`);
    } catch (error) {
      throw isEngineError(error) && error.code === 'ENOENT'
        ? missingProgram('iptables-restore', error)
        : error;
    }
  }

  /** @throws internal with the failed step and the kernel's error, unavailable when the program is not there. */
  call(...words: readonly string[]): Promise<void> {
    const request = words.join(' ');
    if (request.includes('\n')) return Promise.reject(internal('a request to netctl has more than one line'));
    return this.#send(request);
  }

  #send(request: string, input = ''): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    try {
      const child = this.#child ?? this.#start();
      this.#waiting.push({ request, resolve, reject });
      child.stdin.write(`${request}\n${input}`);
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  /** Lets the program finish what was asked, then ends it. */
  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once('close', () => resolve());
    child.stdin.end();
    await promise;
  }

  #start(): ChildProcessWithoutNullStreams {
    if (!existsSync(this.#program))
      throw unavailable(`the program ${this.#program} is missing: run "npm run setup" to build it`);
    const child = spawn(this.#program, [], { cwd: this.#folder, stdio: 'pipe', env: programEnvironment });
    this.#child = child;
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = `${complaint}${chunk}`.slice(-1000);
    });
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => this.#answer(line));
    const gone = (reason: string): void => this.#ended(child, complaint.trim() || reason);
    child.once('error', (error) => gone(error.message));
    child.once('close', (code, signal) => gone(`it ended with ${signal ?? `exit code ${code}`}`));
    if (this.#bridge !== '-') {
      this.#waiting.push({ request: 'bridge', resolve: () => undefined, reject: () => undefined });
      child.stdin.write(`bridge ${this.#bridge}\n`);
    }
    return child;
  }

  #answer(line: string): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    if (line === 'ok') {
      waiting.resolve();
      return;
    }
    const [, errno = '0', step = line] = /^err (\d+) (.*)$/.exec(line) ?? [];
    const [code = `errno ${errno}`, text = 'unknown error'] = getSystemErrorMap().get(-Number(errno)) ?? [];
    waiting.reject(internal(`cannot ${step}: ${text} (${waiting.request})`, { code }));
  }

  #ended(child: ChildProcessWithoutNullStreams, reason: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const waiting of this.#waiting.splice(0))
      waiting.reject(unavailable(`netctl is gone (${waiting.request}): ${reason}`));
  }
}
