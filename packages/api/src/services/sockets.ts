/** Which WebSockets are open: for the self-check and for closing them all. */
import type { WebSocket } from 'ws';
import type { RequestFacts } from '../context.ts';

export interface Sockets {
  add(socket: WebSocket, request: RequestFacts): void;
  /** Sockets that carry the same cookies as this request. */
  openFrom(request: RequestFacts): number;
  /** Asks all to close, and cuts those off that do not within a second. */
  closeAll(code: number, reason: string): Promise<void>;
}

const CLOSE_WITHIN_MS = 1_000;

export function createSockets(): Sockets {
  const open = new Map<WebSocket, RequestFacts>();
  return {
    add(socket, request) {
      open.set(socket, request);
      socket.once('close', () => open.delete(socket));
    },
    openFrom(request) {
      const cookie = request.headers.get('cookie');
      return [...open.values()].filter(({ headers }) => headers.get('cookie') === cookie).length;
    },
    async closeAll(code, reason) {
      const sockets = [...open.keys()];
      const closed = sockets.map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      for (const socket of sockets) socket.close(code, reason);
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.terminate();
      }, CLOSE_WITHIN_MS);
      await Promise.all(closed);
      clearTimeout(cut);
    },
  };
}
