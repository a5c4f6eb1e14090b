/** `/networks`: the ones every engine has can be looked at; making one's own comes later. */

import type { NetworksBackend } from '@berth/engine';
import { checkFilterNames, parseFilters } from '@berth/engine-api';
import type { FastifyInstance } from 'fastify';
import { pathParameter } from '../../http/params.ts';
import { Query } from '../../http/query.ts';
import { later } from '../missing.ts';

const listFilters = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];

export function registerNetworkRoutes(app: FastifyInstance, networks: NetworksBackend): void {
  app.get('/networks', (request) => {
    const filters = parseFilters(new Query(request).text('filters'));
    checkFilterNames(filters, listFilters);
    return networks.list(filters);
  });
  app.get('/networks/:id', (request) => networks.inspect(pathParameter(request, 'id')));
  // There are no user-defined networks, so there is never one to prune; `docker system prune` asks.
  app.post('/networks/prune', () => ({ NetworksDeleted: [] }));
  app.post('/networks/create', () => {
    throw later('creating networks');
  });
  app.delete('/networks/:id', () => {
    throw later('removing networks');
  });
  for (const action of ['connect', 'disconnect']) {
    app.post(`/networks/:id/${action}`, () => {
      throw later('connecting running containers to networks');
    });
  }
}
