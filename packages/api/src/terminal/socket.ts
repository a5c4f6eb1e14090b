/** The binary WebSocket of one terminal viewer; its wire form is in `schemas/terminal.ts`. */
import type { Socket } from 'node:net';
import type { DockerClient } from '@berth/docker-client';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { Logger } from '../config.ts';
import type { RequestFacts } from '../context.ts';
import { ConsoleError } from '../lib/errors.ts';
import {
  CLOSE_BAD_MESSAGE,
  CLOSE_ENDED,
  CLOSE_NOT_FOUND,
  CLOSE_RESTART,
  CLOSE_UNAUTHORIZED,
  TERMINAL_CONTROL,
  TERMINAL_DATA,
  TerminalClientMessage,
  type TerminalServerMessage,
} from '../schemas/terminal.ts';
import type { AuditService } from '../services/audit.ts';
import type { Guard, SessionInfo } from '../services/guard.ts';
import type { TerminalSession, Terminals, Viewer } from './sessions.ts';

export interface TerminalSocketOptions {
  terminals: Terminals;
  guard: Guard;
  audit: AuditService;
  clientOf(environment: string): Promise<DockerClient>;
  logger: Logger;
}

type Message = z.output<typeof TerminalClientMessage>;

/** A viewer this far behind is cut off; it resumes from the session's buffer. */
const MAX_UNSENT = 4 * 1024 * 1024;
const DATA_PREFIX = Buffer.from([TERMINAL_DATA]);
/** Often enough for proxies, which cut silent connections after a minute; a viewer that misses one answer is gone. */
const PING_MS = 25_000;

/** Takes over an accepted socket whose request was authorised. */
export function serveTerminal(
  socket: WebSocket,
  tcp: Socket,
  request: RequestFacts,
  session: SessionInfo,
  options: TerminalSocketOptions,
): void {
  tcp.setNoDelay(true);
  let joined: { terminal: TerminalSession; leave(): void } | undefined;
  let closed = false;
  const forget = options.guard.onEnd(session, (why) =>
    why === 'renewed'
      ? socket.close(CLOSE_RESTART, 'The session was renewed.')
      : socket.close(CLOSE_UNAUTHORIZED, 'The session ended.'),
  );
  const send = (message: TerminalServerMessage) => {
    if (socket.readyState === socket.OPEN)
      socket.send(frame(TERMINAL_CONTROL, Buffer.from(JSON.stringify(message))));
  };
  const fail = (code: number, message: string) => {
    send({ type: 'error', message });
    socket.close(code, closeReason(message));
  };

  const stopPinging = keepAlive(socket);

  socket.on('close', () => {
    closed = true;
    stopPinging();
    forget();
    joined?.leave();
  });
  socket.on('error', (error) => options.logger.debug({ err: error }, 'terminal socket broke'));
  socket.on('message', (raw: Buffer, isBinary) => {
    if (!isBinary || raw.length === 0)
      return fail(CLOSE_BAD_MESSAGE, 'Messages are binary, with a type in the first byte.');
    if (raw[0] === TERMINAL_DATA) return joined?.terminal.write(raw.subarray(1));
    const message = parse(raw);
    if (!message) return fail(CLOSE_BAD_MESSAGE, 'This control message is not understood.');
    if (message.type === 'resize') return joined?.terminal.resize(message.rows, message.columns);
    if (message.type === 'end') return joined?.terminal.end('Ended by a viewer.');
    if (opening) return fail(CLOSE_BAD_MESSAGE, 'A terminal is open on this socket already.');
    opening = true;
    enter(message).catch((error: unknown) => {
      if (!(error instanceof Error)) throw error;
      fail(
        error instanceof ConsoleError && error.kind === 'not-found' ? CLOSE_NOT_FOUND : CLOSE_ENDED,
        error.message,
      );
    });
  });
  let opening = false;

  async function enter(message: Extract<Message, { type: 'open' | 'resume' }>): Promise<void> {
    const terminal = await terminalFor(message);
    // The browser may have gone while the engine started the program; the grace time decides then.
    const viewer: Viewer = {
      data(chunk) {
        if (socket.bufferedAmount > MAX_UNSENT) socket.terminate();
        else socket.send(Buffer.concat([DATA_PREFIX, chunk]));
      },
      size: (rows, columns, viewers) => send({ type: 'size', rows, columns, viewers }),
      exit(code, reason) {
        send({ type: 'exit', code, reason });
        socket.close(CLOSE_ENDED, closeReason(reason));
      },
    };
    const from = message.type === 'resume' ? message.from : 0;
    const { offset, end, lost, replay, leave } = terminal.join(viewer, from);
    joined = { terminal, leave };
    if (closed) return leave();
    terminal.resize(message.rows, message.columns);
    const { id: sessionId, rows, columns } = terminal;
    send({ type: 'ready', sessionId, offset, end, lost, rows, columns });
    replay();
  }

  async function terminalFor(
    message: Extract<Message, { type: 'open' | 'resume' }>,
  ): Promise<TerminalSession> {
    if (message.type === 'resume')
      return options.terminals.find(message.sessionId, { userId: session.user.id, sessionId: session.id });
    let error: Error | null = null;
    try {
      return await options.terminals.open(await options.clientOf(message.environment), message, {
        userId: session.user.id,
        sessionId: session.id,
      });
    } catch (cause) {
      error = cause instanceof Error ? cause : new Error(String(cause));
      throw error;
    } finally {
      const { container, environment, user } = message;
      const input = { container, environment, name: user };
      await options.audit.record({ action: 'container.terminal', input, request, session, error });
    }
  }
}

/** Browsers answer pings by themselves. Without this a viewer whose network went away would be waited for for ever. */
function keepAlive(socket: WebSocket): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function parse(raw: Buffer): Message | undefined {
  if (raw[0] !== TERMINAL_CONTROL) return undefined;
  try {
    return TerminalClientMessage.parse(JSON.parse(raw.toString('utf8', 1)));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

const frame = (type: number, payload: Buffer): Buffer => Buffer.concat([Buffer.from([type]), payload]);

/** RFC 6455: at most 123 bytes. */
const closeReason = (text: string): string =>
  Buffer.from(text).subarray(0, 120).toString().replace(/�+$/, '');
