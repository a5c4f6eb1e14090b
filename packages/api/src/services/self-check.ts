/** What a proxy in front may have got wrong, as the server sees it, and the fix. */
import type { ApiConfig } from '../config.ts';
import type { RequestFacts } from '../context.ts';
import type { SelfCheck } from '../schemas/system.ts';

type Fact = SelfCheck['facts'][number];

/** `page` is what the browser says about itself: its address bar, whether its live socket is open. */
export function selfCheck(
  request: RequestFacts,
  config: Pick<ApiConfig, 'origins' | 'trustedProxies' | 'listen'>,
  sockets: { open: number },
  page: { origin: string | null },
): SelfCheck {
  const own = `${request.scheme}://${request.host}`;
  return {
    facts: [
      originFact(request, config, own, page.origin ?? request.origin),
      { id: 'scheme', label: 'Scheme', value: request.scheme, ...schemeVerdict(request) },
      {
        id: 'host',
        label: 'Host',
        value: request.host,
        status: request.host === '' ? 'error' : 'ok',
        fix: null,
      },
      forwardedFact(request),
      {
        id: 'client',
        label: 'Client address',
        value: request.ip === request.peer ? request.ip : `${request.ip}, through ${request.peer}`,
        status: 'info',
        fix: null,
      },
      cookieFact(request),
      websocketFact(sockets),
      {
        id: 'listen',
        label: 'Listens on',
        value: `${config.listen.host}:${config.listen.port}`,
        status: 'info',
        fix: null,
      },
    ],
  };
}

function originFact(
  request: RequestFacts,
  config: Pick<ApiConfig, 'origins'>,
  own: string,
  origin: string | null,
): Fact {
  const trusted = origin === null || origin === own || config.origins.includes(origin);
  return {
    id: 'origin',
    label: 'Origin',
    value: origin === null || origin === own ? own : `${origin}, while the server sees ${own}`,
    status: trusted ? 'ok' : 'error',
    fix: trusted
      ? null
      : `Set BERTH_ORIGIN=${origin}${Object.keys(request.forwarded).length > 0 ? `, or BERTH_TRUSTED_PROXIES=${request.peer}` : ''}.`,
  };
}

function schemeVerdict(request: RequestFacts): Pick<Fact, 'status' | 'fix'> {
  if (request.scheme === 'https' || isLoopback(request.host)) return { status: 'ok', fix: null };
  return {
    status: 'warning',
    fix: 'Passwords and cookies travel unencrypted. Put an HTTPS proxy in front, or use an SSH tunnel.',
  };
}

function forwardedFact(request: RequestFacts): Fact {
  const entries = Object.entries(request.forwarded).map(([name, value]) => `${name}: ${value}`);
  const ignored = entries.length > 0 && !request.viaTrustedProxy;
  return {
    id: 'forwarded',
    label: 'Forwarded headers',
    value: entries.length === 0 ? 'none' : `${entries.join('; ')}${ignored ? ' (ignored)' : ''}`,
    status: ignored ? 'warning' : entries.length === 0 ? 'info' : 'ok',
    fix: ignored
      ? `The proxy at ${request.peer} is not trusted. Set BERTH_TRUSTED_PROXIES=${request.peer}.`
      : null,
  };
}

const cookieFact = (request: RequestFacts): Fact => ({
  id: 'cookie',
  label: 'Session cookie',
  value: `HttpOnly, SameSite=Lax${request.scheme === 'https' ? ', Secure' : ''}`,
  status: 'ok',
  fix: null,
});

const websocketFact = ({ open }: { open: number }): Fact => ({
  id: 'websocket',
  label: 'WebSocket',
  value: open > 0 ? `${open} open from this browser` : 'none open from this browser',
  status: open > 0 ? 'ok' : 'error',
  fix:
    open > 0
      ? null
      : 'Let the proxy pass “Connection: Upgrade” and “Upgrade: websocket” on /api/trpc and /api/terminal.',
});

const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host);
