/** `/volumes`. */

import type { VolumesBackend } from '@berth/engine';
import { checkFilterNames, parseFilters, VolumeCreateBody } from '@berth/engine-api';
import type { FastifyInstance } from 'fastify';
import { optionalJsonBody } from '../../http/body.ts';
import { pathParameter } from '../../http/params.ts';
import { Query } from '../../http/query.ts';

const listFilters = ['dangling', 'driver', 'label', 'name'];

export function registerVolumeRoutes(app: FastifyInstance, volumes: VolumesBackend): void {
  app.get('/volumes', (request) => {
    const filters = parseFilters(new Query(request).text('filters'));
    checkFilterNames(filters, listFilters);
    return volumes.list(filters);
  });
  app.get('/volumes/:name', (request) => volumes.inspect(pathParameter(request, 'name')));
  app.post('/volumes/create', async (request, reply) => {
    const volume = await volumes.create(await optionalJsonBody(request, VolumeCreateBody));
    return reply.code(201).send(volume);
  });
  app.delete('/volumes/:name', async (request, reply) => {
    await volumes.remove(pathParameter(request, 'name'), { force: new Query(request).flag('force') });
    return reply.code(204).send();
  });
  app.post('/volumes/prune', (request) => {
    const filters = parseFilters(new Query(request).text('filters'));
    checkFilterNames(filters, ['all', 'label', 'label!']);
    return volumes.prune(filters);
  });
}
