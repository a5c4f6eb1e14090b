/** The real docker CLI against a private berthd: commands that must work, and clients on a terminal. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { PrivateBerthd } from '../lib/private-berthd.ts';
import { until } from '../lib/until.ts';

const cli = process.env.DOCKER_CLI ?? 'docker';

/** Runs docker and returns its trimmed stdout; fails the test when docker fails. */
export type Docker = (...args: string[]) => Promise<string>;

export const dockerOf =
  (berthd: PrivateBerthd): Docker =>
  async (...args) => {
    const { stdout, stderr, code } = await berthd.docker(...args);
    assert.equal(code, 0, `docker ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  };

/** A docker command that goes on while the test looks at it. */
export class Client implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly ended: Promise<number>;
  #output = '';

  /** @param terminal whether the client runs on a pseudo terminal (of 33 rows and 77 columns) */
  constructor(berthd: PrivateBerthd, args: readonly string[], { terminal = false } = {}) {
    const command = [cli, '-H', `unix://${berthd.socketPath}`, ...args];
    const quoted = command.map((word) => `'${word}'`).join(' ');
    this.#child = terminal
      ? spawn('script', ['--quiet', '--return', '--command', `stty rows 33 cols 77; ${quoted}`, '/dev/null'])
      : spawn(cli, command.slice(1));
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk;
      });
    this.#child.stdin?.on('error', () => undefined);
    this.ended = once(this.#child, 'close').then(([code]: unknown[]) => Number(code));
  }

  /** All it has printed, stderr too. */
  get output(): string {
    return this.#output;
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  shows(pattern: RegExp): Promise<void> {
    return until(`the client shows ${pattern}; it shows ${this.#output.slice(-500)}`, async () =>
      pattern.test(this.#output),
    ).then(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

/** The launcher of a running container: the parent of its first process. */
export async function launcherOf(docker: Docker, container: string): Promise<{ pid: number; first: number }> {
  const first = Number(await docker('inspect', '-f', '{{.State.Pid}}', container));
  const status = await readFile(`/proc/${first}/status`, 'utf8');
  return { pid: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]), first };
}

/** Whether a process exists and is more than a zombie. */
export async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return status !== '' && !/^State:\s+[ZX]/m.test(status);
}
