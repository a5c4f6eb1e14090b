/**
 * The terminal socket, `/api/terminal`. Every message is binary; its first byte tells what follows:
 * `0` raw terminal bytes (both ways), `1` one JSON control message in UTF-8.
 * The client's first message is `open` or `resume`; the server answers `ready`, then sends data.
 * The client counts the bytes it got since `ready.offset`; a `resume` with that count continues without loss
 * as long as the session's buffer (1 MiB) still has them.
 */
import { z } from 'zod';
import { EnvironmentId, Reference } from './common.ts';

export const TERMINAL_PATH = '/api/terminal';
export const TERMINAL_DATA = 0;
export const TERMINAL_CONTROL = 1;

const Rows = z.number().int().min(1).max(1000);
const Columns = z.number().int().min(1).max(1000);

export const TerminalOpen = z.object({
  type: z.literal('open'),
  environment: EnvironmentId,
  container: Reference,
  /** Program and arguments, e.g. `['/bin/sh']`. */
  command: z.array(z.string().min(1).max(4096)).min(1).max(64),
  /** `name`, `uid` or `uid:gid`; empty for the container's own. */
  user: z.string().max(256).default(''),
  rows: Rows,
  columns: Columns,
});
export const TerminalResume = z.object({
  type: z.literal('resume'),
  sessionId: z.string().min(1).max(64),
  /** Offset of the first byte wanted. */
  from: z.number().int().min(0),
  rows: Rows,
  columns: Columns,
});
export const TerminalClientMessage = z.discriminatedUnion('type', [
  TerminalOpen,
  TerminalResume,
  z.object({ type: z.literal('resize'), rows: Rows, columns: Columns }),
  /** Ends the program for every viewer. */
  z.object({ type: z.literal('end') }),
]);
export type TerminalClientMessage = z.input<typeof TerminalClientMessage>;

export type TerminalServerMessage =
  | {
      type: 'ready';
      sessionId: string;
      /** Offset of the first byte that follows; greater than asked when the buffer has lost some. */
      offset: number;
      /** Bytes up to here are a replay: answers of the terminal to them must not be sent. */
      end: number;
      lost: boolean;
      rows: number;
      columns: number;
    }
  /** Another viewer changed the size; one terminal has one size. */
  | { type: 'size'; rows: number; columns: number; viewers: number }
  | { type: 'exit'; code: number | null; reason: string }
  | { type: 'error'; message: string };

/** WebSocket close codes of both sockets. */
export const CLOSE_UNAUTHORIZED = 4401;
export const CLOSE_FORBIDDEN_ORIGIN = 4403;
export const CLOSE_NOT_FOUND = 4404;
export const CLOSE_BAD_MESSAGE = 4400;
export const CLOSE_ENDED = 4000;
/** The registered code “service restart”: connect again, with the cookie as it is now. */
export const CLOSE_RESTART = 1012;
