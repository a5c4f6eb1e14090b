'use client';
import type { TerminalHandle } from '@berth/ui';
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { sessionLost, socketUrl } from '../../../../../lib/trpc.tsx';
import {
  connectTerminal,
  type Grid,
  type TerminalConnection,
  type TerminalState,
  type TerminalTarget,
  terminalPath,
} from './terminal-connection.ts';

/** Survives a reload of the page, not the closing of the tab. */
export interface StoredTerminal {
  sessionId: string;
  command: string[];
  user: string;
}

const keyOf = (environment: string, container: string): string =>
  `berth.terminal.${environment}.${container}`;

export function storedTerminal(environment: string, container: string): StoredTerminal | null {
  const text = sessionStorage.getItem(keyOf(environment, container));
  if (text === null) return null;
  try {
    const stored: unknown = JSON.parse(text);
    return isStored(stored) ? stored : null;
  } catch {
    return null;
  }
}

function isStored(value: unknown): value is StoredTerminal {
  return (
    typeof value === 'object' &&
    value !== null &&
    'sessionId' in value &&
    typeof value.sessionId === 'string' &&
    'user' in value &&
    typeof value.user === 'string' &&
    'command' in value &&
    Array.isArray(value.command)
  );
}

function store(target: TerminalTarget, sessionId: string | undefined): void {
  const key = keyOf(target.environment, target.container);
  const { command, user } = target;
  if (sessionId === undefined) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, JSON.stringify({ sessionId, command, user } satisfies StoredTerminal));
}

const encoder = new TextEncoder();

/** Joins a terminal on the page with a program in the container; `target` changes with every new one. */
export function useTerminal(target: TerminalTarget, handle: RefObject<TerminalHandle | null>) {
  const [state, setState] = useState<TerminalState>({ phase: 'connecting' });
  const [grid, setGrid] = useState<Grid | null>(null);
  const connection = useRef<TerminalConnection | null>(null);
  /** Old output that the terminal is still reading: its answers are not typed into the program. */
  const replaying = useRef(0);
  const ready = grid !== null;
  const latestGrid = useRef(grid);
  latestGrid.current = grid;

  useEffect(() => {
    const size = latestGrid.current;
    if (!ready || !size) return;
    setState({ phase: 'connecting' });
    const opened = connectTerminal({
      url: socketUrl(terminalPath),
      target,
      grid: size,
      sessionId: storedTerminal(target.environment, target.container)?.sessionId,
      onState: (next) => {
        setState(next);
        if (next.phase === 'open') handle.current?.focus();
        if (next.phase === 'ended' && next.signedOut) sessionLost.dispatchEvent(new Event('lost'));
      },
      onOutput: (data, replay) => {
        if (!replay) return handle.current?.write(data);
        replaying.current += 1;
        handle.current?.write(data, () => {
          replaying.current -= 1;
        });
      },
      onReset: (lost) => {
        handle.current?.reset();
        if (lost) handle.current?.write('\u001b[2m[older output is gone]\u001b[0m\r\n');
      },
      onSession: (sessionId) => store(target, sessionId),
    });
    connection.current = opened;
    return () => {
      connection.current = null;
      replaying.current = 0;
      opened.leave();
    };
  }, [target, ready, handle]);

  const onData = useCallback((data: string) => {
    if (replaying.current === 0) connection.current?.send(encoder.encode(data));
  }, []);
  const onBinary = useCallback((data: string) => {
    if (replaying.current === 0)
      connection.current?.send(Uint8Array.from(data, (char) => char.charCodeAt(0)));
  }, []);
  const onResize = useCallback((size: Grid) => {
    setGrid(size);
    connection.current?.resize(size);
  }, []);
  const end = useCallback(() => connection.current?.end(), []);
  return { state, onReady: setGrid, onData, onBinary, onResize, end };
}
