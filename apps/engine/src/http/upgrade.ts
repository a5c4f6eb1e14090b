/** Requests that ask for a byte pipe. */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const hijackPath = /^(\/v[0-9.]+)?\/(containers\/[^/]+\/attach|exec\/[^/]+\/start)(\?|$)/;

/** Only these are upgraded; elsewhere the header is ignored. */
export const wantsPipe = (request: IncomingMessage): boolean =>
  request.method === 'POST' && hijackPath.test(request.url ?? '');

/** A response for a request that HTTP let go of, used when it is refused; the connection ends with it. */
export function responseFor(request: IncomingMessage, pipe: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(request.socket);
  response.once('finish', () => pipe.end());
  return response;
}
