/**
 * Terminal sessions live here, not in a browser: a page reload or a lost connection leaves the program running,
 * and several viewers may look at one.
 */
import { randomUUID } from 'node:crypto';
import type { DockerClient, Session } from '@berth/docker-client';
import type { z } from 'zod';
import type { Logger } from '../config.ts';
import { ConsoleError } from '../lib/errors.ts';
import type { TerminalOpen } from '../schemas/terminal.ts';
import { createOutputBuffer } from './output-buffer.ts';

export interface Viewer {
  /** Bytes of the terminal. */
  data(chunk: Buffer): void;
  size(rows: number, columns: number, viewers: number): void;
  exit(code: number | null, reason: string): void;
}

export interface TerminalSession {
  readonly id: string;
  readonly userId: string;
  /** The login it was opened or last resumed with. */
  sessionId: string;
  readonly rows: number;
  readonly columns: number;
  /** Sends what is kept from `offset` on, then everything new. Returns where it starts and how to leave. */
  join(
    viewer: Viewer,
    offset: number,
  ): { offset: number; end: number; lost: boolean; replay(): void; leave(): void };
  write(data: Buffer): void;
  resize(rows: number, columns: number): void;
  /** Ends the program. */
  end(reason: string): void;
}

export interface Terminals extends AsyncDisposable {
  open(
    client: DockerClient,
    request: z.output<typeof TerminalOpen>,
    owner: { userId: string; sessionId: string },
  ): Promise<TerminalSession>;
  /** Only for the user who opened it; from now on it belongs to this login. */
  find(id: string, owner: { userId: string; sessionId: string }): TerminalSession;
  /** Signing out ends the terminals of that session. */
  endOf(sessionId: string, reason: string): void;
  /** A new password ends those of the user's other sessions. */
  endOthers(userId: string, sessionId: string, reason: string): void;
}

export interface TerminalsOptions {
  logger: Logger;
  /** How long a session lives without a viewer. */
  graceMs?: number;
  maxSessions?: number;
}

const BUFFER_BYTES = 1024 * 1024;
const GRACE_MS = 90_000;
const MAX_SESSIONS = 200;
/** Hang-up ends an interactive shell; whatever ignores it is killed by the engine with its container. */
const ETX_EOT = Buffer.from([3, 4]);

export function createTerminals({
  logger,
  graceMs = GRACE_MS,
  maxSessions = MAX_SESSIONS,
}: TerminalsOptions): Terminals {
  const sessions = new Map<string, TerminalSession & { done: Promise<void> }>();

  return {
    async open(client, request, owner) {
      if (sessions.size >= maxSessions)
        throw new ConsoleError(
          'conflict',
          `There are ${sessions.size} terminals open already. Close one first.`,
        );
      const { rows, columns } = request;
      const execId = await client.exec.create(request.container, {
        Cmd: request.command,
        Tty: true,
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Env: ['TERM=xterm-256color', 'COLORTERM=truecolor'],
        ConsoleSize: [rows, columns],
        ...(request.user === '' ? {} : { User: request.user }),
      });
      const session = await client.exec.start(execId, { tty: true, size: { rows, columns } });
      // Engines before 1.42 ignore the size at the start.
      await session.resize({ rows, columns }).catch(() => undefined);
      const created = createSession({ client, execId, session, owner, rows, columns, graceMs, logger });
      sessions.set(created.id, created);
      void created.done.then(() => sessions.delete(created.id));
      return created;
    },
    find(id, { userId, sessionId }) {
      const found = sessions.get(id);
      if (!found || found.userId !== userId)
        throw new ConsoleError('not-found', 'This terminal has ended. Open a new one.', {
          reason: 'terminal-gone',
        });
      found.sessionId = sessionId;
      return found;
    },
    endOf(sessionId, reason) {
      for (const session of sessions.values()) if (session.sessionId === sessionId) session.end(reason);
    },
    endOthers(userId, sessionId, reason) {
      for (const session of sessions.values())
        if (session.userId === userId && session.sessionId !== sessionId) session.end(reason);
    },
    async [Symbol.asyncDispose]() {
      const open = [...sessions.values()];
      for (const session of open) session.end('The console is stopping.');
      await Promise.all(open.map(({ done }) => done));
    },
  };
}

interface SessionOptions {
  client: DockerClient;
  execId: string;
  session: Session;
  owner: { userId: string; sessionId: string };
  rows: number;
  columns: number;
  graceMs: number;
  logger: Logger;
}

function createSession(options: SessionOptions): TerminalSession & { done: Promise<void> } {
  const { client, execId, session, owner, graceMs, logger } = options;
  const { duplex } = session;
  const output = createOutputBuffer(BUFFER_BYTES);
  const viewers = new Set<Viewer>();
  let { rows, columns } = options;
  let endReason: string | undefined;
  let grace: NodeJS.Timeout | undefined;

  const { promise: done, resolve: finish } = Promise.withResolvers<void>();
  const closed = async () => {
    clearTimeout(grace);
    const exec = await client.exec
      .inspect(execId, { signal: AbortSignal.timeout(2_000) })
      .catch(() => undefined);
    const code = exec && !exec.Running ? exec.ExitCode : null;
    const reason =
      endReason ??
      (code === null ? 'The connection to the program was lost.' : `The program ended with code ${code}.`);
    for (const viewer of viewers) viewer.exit(code, reason);
    viewers.clear();
    finish();
  };
  duplex.on('data', (chunk: Buffer) => {
    output.append(chunk);
    for (const viewer of viewers) viewer.data(chunk);
  });
  duplex.once('close', () => void closed());
  duplex.on('error', (error) => logger.debug({ execId, err: error }, 'terminal stream broke'));
  // The program ended: nothing more comes, and nothing must keep our half open.
  duplex.once('end', () => duplex.destroy());

  const created: TerminalSession & { done: Promise<void> } = {
    id: randomUUID(),
    ...owner,
    done,
    get rows() {
      return rows;
    },
    get columns() {
      return columns;
    },
    join(viewer, wanted) {
      clearTimeout(grace);
      const offset = Math.min(Math.max(wanted, output.start), output.end);
      return {
        offset,
        end: output.end,
        lost: offset !== wanted,
        replay() {
          for (const chunk of output.from(offset)) viewer.data(chunk);
          viewers.add(viewer);
        },
        leave() {
          viewers.delete(viewer);
          if (viewers.size > 0 || duplex.destroyed) return;
          clearTimeout(grace);
          grace = setTimeout(() => created.end('Nobody looked at it any more.'), graceMs);
          grace.unref();
        },
      };
    },
    write(data) {
      if (duplex.writable) duplex.write(data);
    },
    resize(newRows, newColumns) {
      if (newRows === rows && newColumns === columns) return;
      rows = newRows;
      columns = newColumns;
      for (const viewer of viewers) viewer.size(rows, columns, viewers.size);
      session
        .resize({ rows, columns })
        .catch((error: unknown) => logger.debug({ execId, err: error }, 'resize refused'));
    },
    end(reason) {
      if (duplex.destroyed) return;
      endReason = reason;
      // Docker does not kill an exec whose connection drops, so the shell is told to go before hanging up.
      duplex.end(ETX_EOT);
      setTimeout(() => duplex.destroy(), 500).unref();
    },
  };
  return created;
}
