/** The engine about itself: `_ping`, version, info, disk usage, events. */

import type { SystemBackend } from '@berth/engine';
import { checkFilterNames, invalidParameter, parseFilters } from '@berth/engine-api';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { clientGone } from '../../http/abort.ts';
import { Query } from '../../http/query.ts';
import { streamDocuments } from '../../http/stream-reply.ts';

const eventFilters = [
  'config',
  'container',
  'daemon',
  'event',
  'image',
  'label',
  'network',
  'node',
  'plugin',
  'scope',
  'secret',
  'service',
  'type',
  'volume',
];

const diskUsageTypes = ['container', 'image', 'volume', 'build-cache'];

export function registerSystemRoutes(app: FastifyInstance, system: SystemBackend): void {
  app.head('/_ping', (_request, reply) => pingHeaders(reply).send());
  app.get('/_ping', (_request, reply) => pingHeaders(reply).send('OK'));
  app.get('/version', () => system.version());
  app.get('/info', () => system.info());
  app.get('/system/df', (request) => {
    const types = new Query(request).texts('type');
    const unknown = types.find((type) => !diskUsageTypes.includes(type));
    if (unknown !== undefined) throw invalidParameter(`unknown object type: ${unknown}`);
    return system.diskUsage(types.length === 0 ? diskUsageTypes : types);
  });
  app.get('/events', (request, reply) => {
    const query = new Query(request);
    const filters = parseFilters(query.text('filters'));
    checkFilterNames(filters, eventFilters);
    const since = query.time('since');
    const until = query.time('until');
    if (since !== undefined && until !== undefined && until < since) {
      throw invalidParameter('`since` time cannot be after `until` time');
    }
    const signal = clientGone(reply.raw);
    return streamDocuments(reply, system.events({ since, until, filters, signal }), { signal, open: true });
  });
}

function pingHeaders(reply: FastifyReply): FastifyReply {
  return reply.headers({
    // The classic builder; clients start BuildKit sessions when they read "2".
    'Builder-Version': '1',
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    Pragma: 'no-cache',
    Swarm: 'inactive',
    'Content-Type': 'text/plain; charset=utf-8',
  });
}
