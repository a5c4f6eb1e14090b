/** What the front door learned about a request before routing; routes ask for it here. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

export interface RequestInfo {
  /** API version the client speaks, [major, minor]. */
  version: readonly [number, number];
  /** The connection asked to become a byte pipe: its two ends, once the request's body was read. */
  pipe?: Duplex;
}

const infos = new WeakMap<IncomingMessage, RequestInfo>();

export const rememberRequest = (request: IncomingMessage, info: RequestInfo): void => {
  infos.set(request, info);
};

/** @throws TypeError for a request that did not come through the front door */
export function requestInfo(request: IncomingMessage): RequestInfo {
  const info = infos.get(request);
  if (info === undefined) throw new TypeError('request was not seen by the front door');
  return info;
}
