/** Further processes in running containers. */
import { type ExecCreateBody, ExecCreateResponse, ExecInspect } from '@berth/engine-api';
import type { Abortable } from './containers.ts';
import { segment } from './path.ts';
import { createSession, type Session, type TerminalSize } from './session.ts';
import type { Transport } from './transport.ts';

export interface ExecClient {
  /** @returns the id of the exec */
  create(containerRef: string, body: ExecCreateBody, options?: Abortable): Promise<string>;
  /** Starts it joined to the session; `tty` must be what it was created with. */
  start(id: string, options: Abortable & { tty: boolean; size?: TerminalSize }): Promise<Session>;
  startDetached(id: string, options?: Abortable): Promise<void>;
  inspect(id: string, options?: Abortable): Promise<ExecInspect>;
  resize(id: string, size: TerminalSize, options?: Abortable): Promise<void>;
}

const at = (id: string, action: string): string => `/exec/${segment(id)}${action}`;

export function createExecClient(transport: Transport): ExecClient {
  const resize: ExecClient['resize'] = (id, { rows, columns }, { signal } = {}) =>
    transport.run({ method: 'POST', path: at(id, '/resize'), query: { h: rows, w: columns }, signal });
  return {
    create: async (containerRef, body, { signal } = {}) => {
      const path = `/containers/${segment(containerRef)}/exec`;
      const { Id } = await transport.json(ExecCreateResponse, { method: 'POST', path, body, signal });
      return Id;
    },
    start: async (id, { tty, size, signal }) => {
      const consoleSize = size === undefined ? {} : { ConsoleSize: [size.rows, size.columns] };
      const { socket, multiplexed } = await transport.hijack({
        method: 'POST',
        path: at(id, '/start'),
        body: { Detach: false, Tty: tty, ...(tty ? consoleSize : {}) },
        signal,
      });
      return createSession(socket, multiplexed ?? !tty, (wanted) => resize(id, wanted));
    },
    startDetached: (id, { signal } = {}) =>
      transport.run({ method: 'POST', path: at(id, '/start'), body: { Detach: true }, signal }),
    inspect: (id, { signal } = {}) => transport.json(ExecInspect, { path: at(id, '/json'), signal }),
    resize,
  };
}
