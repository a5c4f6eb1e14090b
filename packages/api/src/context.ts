/** What every procedure gets: the services, and the facts of the request it came with. */
import type { Services } from './services/types.ts';

/** A request as seen from here, after forwarded headers of trusted proxies were taken into account. */
export interface RequestFacts {
  /** `Origin` header, or `null`. */
  origin: string | null;
  /** `http` or `https`, as the browser sees it. */
  scheme: 'http' | 'https';
  /** Host and port as the browser sees them. */
  host: string;
  /** Address of the client. */
  ip: string;
  /** Address of the TCP peer. */
  peer: string;
  /** Peer is one of the trusted proxies. */
  viaTrustedProxy: boolean;
  /** `X-Forwarded-*` and `Forwarded` headers as they came. */
  forwarded: Record<string, string>;
  fetchSite: string | null;
  headers: Headers;
}

export interface Context {
  services: Services;
  request: RequestFacts;
  transport: 'http' | 'ws';
  /** Adds a `Set-Cookie` header; does nothing on a WebSocket. */
  setCookie(value: string): void;
  /** Resolves when the browser has taken what was sent: a subscription waits for it before its next message. */
  drained(signal: AbortSignal): Promise<void>;
}
