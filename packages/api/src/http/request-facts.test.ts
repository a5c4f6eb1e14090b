import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { createFactsReader } from './request-facts.ts';

const read = createFactsReader({ trustedProxies: ['10.0.0.0/8', 'fd00::/8'], origins: [] });

function from(peer: string, forwardedFor: string): string {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  const request = new IncomingMessage(socket);
  request.headers['x-forwarded-for'] = forwardedFor;
  return read(request).ip;
}

for (const [title, peer, chain, client] of [
  ['a stranger is who connects', '192.0.2.9', '1.1.1.1', '192.0.2.9'],
  ['a proxy tells who connected to it', '::ffff:10.0.0.1', '192.0.2.9', '192.0.2.9'],
  ['what the client wrote itself does not count', '10.0.0.1', '1.1.1.1, 192.0.2.9', '192.0.2.9'],
  ['proxies in a row are skipped', '10.0.0.1', '1.1.1.1, 192.0.2.9, 10.0.0.2', '192.0.2.9'],
  ['a port is no part of the address', '10.0.0.1', '1.1.1.1, 192.0.2.9:1234', '192.0.2.9'],
  ['IPv6 in brackets', 'fd00::1', '[2001:db8::1]:80', '2001:db8::1'],
  ['“unknown” does not let the client choose', '10.0.0.1', '1.1.1.1, unknown', '10.0.0.1'],
] as const)
  test(title, () => assert.equal(from(peer, chain), client));
