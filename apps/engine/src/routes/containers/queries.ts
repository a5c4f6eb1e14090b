/** Reading: list, inspect, top, and one sample of stats. */

import type { ContainersBackend } from '@berth/engine';
import { checkFilterNames, parseFilters } from '@berth/engine-api';
import type { FastifyInstance } from 'fastify';
import { clientGone } from '../../http/abort.ts';
import { containerRef } from '../../http/params.ts';
import { Query } from '../../http/query.ts';
import { streamDocuments } from '../../http/stream-reply.ts';

const listFilters = [
  'ancestor',
  'before',
  'exited',
  'expose',
  'health',
  'id',
  'is-task',
  'isolation',
  'label',
  'name',
  'network',
  'publish',
  'since',
  'status',
  'volume',
];

export function registerQueries(app: FastifyInstance, containers: ContainersBackend): void {
  app.get('/containers/json', (request) => {
    const query = new Query(request);
    const filters = parseFilters(query.text('filters'));
    checkFilterNames(filters, listFilters);
    const limit = query.integer('limit');
    return containers.list({
      all: query.flag('all'),
      limit: limit === undefined || limit <= 0 ? undefined : limit,
      size: query.flag('size'),
      filters,
    });
  });
  app.get('/containers/:id/json', (request) =>
    containers.inspect(containerRef(request), { size: new Query(request).flag('size') }),
  );
  app.get('/containers/:id/top', (request) =>
    containers.top(containerRef(request), new Query(request).text('ps_args') ?? '-ef'),
  );
  app.get('/containers/:id/stats', (request, reply) => {
    const query = new Query(request);
    const signal = clientGone(reply.raw);
    const stream = query.flag('stream', true);
    const samples = containers.stats(containerRef(request), {
      stream,
      oneShot: !stream && query.flag('one-shot'),
      signal,
    });
    return streamDocuments(reply, samples, { signal, open: false });
  });
}
