/** One terminal of the page: opens it, and comes back to it after a lost connection or a reload. */
import {
  CLOSE_BAD_MESSAGE,
  CLOSE_ENDED,
  CLOSE_NOT_FOUND,
  CLOSE_UNAUTHORIZED,
  TERMINAL_CONTROL,
  TERMINAL_DATA,
  TERMINAL_PATH,
  type TerminalClientMessage,
  type TerminalServerMessage,
} from '@berth/api/schemas';

export interface TerminalTarget {
  environment: string;
  container: string;
  command: string[];
  user: string;
}

export interface Grid {
  rows: number;
  columns: number;
}

export type TerminalState =
  | { phase: 'connecting' | 'open' }
  | { phase: 'reconnecting'; attempt: number }
  | { phase: 'ended'; reason: string; signedOut: boolean };

export interface TerminalConnectionOptions {
  url: string;
  target: TerminalTarget;
  grid: Grid;
  /** Of a session that may still live: after a reload. */
  sessionId: string | undefined;
  onState(state: TerminalState): void;
  /** `replay`: what was shown before; answers of the terminal to it must not reach the program again. */
  onOutput(data: Uint8Array, replay: boolean): void;
  /** The screen starts anew: what follows is the whole of what is kept. */
  onReset(lost: boolean): void;
  onSession(sessionId: string | undefined): void;
}

export interface TerminalConnection {
  send(data: Uint8Array<ArrayBuffer>): void;
  resize(grid: Grid): void;
  /** Ends the program. */
  end(): void;
  /** Leaves it running for a while, for the next page that comes back. */
  leave(): void;
}

const maxPauseMs = 5_000;
/** What is typed while the connection is away waits for it, so much at most. */
const maxWaitingBytes = 64 * 1024;

export function connectTerminal(options: TerminalConnectionOptions): TerminalConnection {
  const decoder = new TextDecoder();
  let { grid, sessionId } = options;
  let socket: WebSocket;
  let received = 0;
  let replayUntil = 0;
  let attempt = 0;
  let left = false;
  let pause: ReturnType<typeof setTimeout> | undefined;
  let reason: string | undefined;
  let isOpen = false;
  let ended = false;
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  let waitingBytes = 0;

  const control = (message: TerminalClientMessage): void => {
    if (socket.readyState === WebSocket.OPEN)
      socket.send(frame(TERMINAL_CONTROL, new TextEncoder().encode(JSON.stringify(message))));
  };

  function connect(): void {
    socket = new WebSocket(options.url);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () =>
      control(
        sessionId === undefined
          ? { type: 'open', ...options.target, ...grid }
          : { type: 'resume', sessionId, from: received, ...grid },
      );
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) take(new Uint8Array(data));
    };
    socket.onclose = ({ code }) => closed(code);
  }

  function take(message: Uint8Array<ArrayBuffer>): void {
    const body = message.subarray(1);
    if (message[0] === TERMINAL_DATA) {
      options.onOutput(body, received < replayUntil);
      received += body.length;
      return;
    }
    heard(JSON.parse(decoder.decode(body)) as TerminalServerMessage);
  }

  function heard(message: TerminalServerMessage): void {
    switch (message.type) {
      case 'ready':
        attempt = 0;
        sessionId = message.sessionId;
        options.onSession(sessionId);
        if (message.offset !== received || received === 0) options.onReset(message.lost);
        received = message.offset;
        replayUntil = message.end;
        isOpen = true;
        for (const data of waiting) socket.send(frame(TERMINAL_DATA, data));
        forgetWaiting();
        options.onState({ phase: 'open' });
        break;
      case 'exit':
        reason = message.reason;
        break;
      case 'error':
        reason = message.message;
        break;
      case 'size':
        break;
    }
  }

  function forgetWaiting(): void {
    waiting = [];
    waitingBytes = 0;
  }

  function closed(code: number): void {
    isOpen = false;
    if (left) return;
    const isFinal = [CLOSE_ENDED, CLOSE_NOT_FOUND, CLOSE_BAD_MESSAGE, CLOSE_UNAUTHORIZED].includes(code);
    if (isFinal) {
      if (
        code === CLOSE_NOT_FOUND &&
        received === 0 &&
        options.sessionId !== undefined &&
        sessionId === options.sessionId
      ) {
        // What was to be taken up again is over: a new one, as if nothing had been.
        sessionId = undefined;
        connect();
        return;
      }
      if (code !== CLOSE_UNAUTHORIZED) options.onSession(undefined);
      const signedOut = code === CLOSE_UNAUTHORIZED;
      ended = true;
      options.onState({ phase: 'ended', reason: reason ?? 'The terminal was closed.', signedOut });
      return;
    }
    attempt += 1;
    options.onState({ phase: 'reconnecting', attempt });
    pause = setTimeout(connect, Math.min(maxPauseMs, 200 * 2 ** attempt));
  }

  connect();
  return {
    send: (data) => {
      if (isOpen && socket.readyState === WebSocket.OPEN) socket.send(frame(TERMINAL_DATA, data));
      else if (!ended && waitingBytes + data.length <= maxWaitingBytes) {
        waiting.push(data);
        waitingBytes += data.length;
      }
    },
    resize: (next) => {
      grid = next;
      control({ type: 'resize', ...next });
    },
    end: () => control({ type: 'end' }),
    leave: () => {
      left = true;
      clearTimeout(pause);
      socket.close();
    },
  };
}

function frame(type: number, body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(body.length + 1);
  message[0] = type;
  message.set(body, 1);
  return message;
}

export const terminalPath: string = TERMINAL_PATH;
