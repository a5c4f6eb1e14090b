/** `/images`: names contain slashes, so the action is found from the end of the path. */

import type { ImagesBackend } from '@berth/engine';
import { checkFilterNames, notFound, parseFilters } from '@berth/engine-api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { pathParameter } from '../../http/params.ts';
import { Query } from '../../http/query.ts';
import { later } from '../missing.ts';
import { registerTransfers, sendArchive } from './transfers.ts';

const listFilters = ['before', 'dangling', 'label', 'reference', 'since', 'until'];
const pruneFilters = ['dangling', 'label', 'label!', 'until'];

export function registerImageRoutes(app: FastifyInstance, images: ImagesBackend): void {
  app.get('/images/json', (request) => {
    const query = new Query(request);
    const filters = parseFilters(query.text('filters'));
    checkFilterNames(filters, listFilters);
    return images.list({ all: query.flag('all'), filters, sharedSize: query.flag('shared-size') });
  });
  app.post('/images/prune', (request) => {
    const filters = parseFilters(new Query(request).text('filters'));
    checkFilterNames(filters, pruneFilters);
    return images.prune(filters);
  });
  registerTransfers(app, images);
  app.get('/images/*', (request, reply) => {
    const { name, action } = splitAction(request);
    if (action === 'json') return images.inspect(name);
    if (action === 'history') return images.history(name);
    if (action === 'get') return sendArchive(reply, images, [name]);
    throw notFound('page not found');
  });
  app.post('/images/*', async (request, reply) => {
    const { name, action } = splitAction(request);
    if (action === 'push') throw later('pushing images');
    if (action !== 'tag') throw notFound('page not found');
    const query = new Query(request);
    await images.tag(name, query.text('repo') ?? '', query.text('tag') ?? 'latest');
    return reply.code(201).send();
  });
  app.delete('/images/*', (request) => {
    const query = new Query(request);
    const options = { force: query.flag('force'), noprune: query.flag('noprune') };
    return images.remove(pathParameter(request, '*'), options);
  });
}

function splitAction(request: FastifyRequest): { name: string; action: string } {
  const path = pathParameter(request, '*');
  const slash = path.lastIndexOf('/');
  if (slash <= 0) throw notFound('page not found');
  return { name: path.slice(0, slash), action: path.slice(slash + 1) };
}
