/** Calls of the Engine API that this version does not have yet. They say so, instead of looking like a typo. */
import { type EngineError, notImplemented, unavailable } from '@berth/engine-api';
import type { FastifyInstance } from 'fastify';

/** @param what as the beginning of a sentence: "creating networks" */
export const later = (what: string): EngineError =>
  notImplemented(`${what} is not part of Berth 0.1; it comes with a later release`);

const calls: readonly [method: 'GET' | 'HEAD' | 'POST' | 'PUT', path: string, what: string][] = [
  ['POST', '/auth', 'logging in to a registry'],
  ['POST', '/build', 'building images'],
  ['POST', '/session', 'building images with BuildKit'],
  ['POST', '/grpc', 'building images with BuildKit'],
  ['POST', '/commit', 'making an image from a container'],
  ['GET', '/images/search', 'searching a registry'],
  ['GET', '/distribution/*', 'asking a registry about an image'],
  ['GET', '/containers/:id/changes', "listing a container's changed files"],
  ['GET', '/containers/:id/export', "exporting a container's files"],
  ['GET', '/containers/:id/archive', 'copying files out of containers'],
  ['HEAD', '/containers/:id/archive', 'copying files out of containers'],
  ['PUT', '/containers/:id/archive', 'copying files into containers'],
  ['GET', '/containers/:id/attach/ws', 'attaching through a WebSocket'],
];

/** Docker's answer outside a swarm; clients such as the console recognise it. */
const notAManager =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

export function registerMissingRoutes(app: FastifyInstance): void {
  for (const [method, url, what] of calls) {
    app.route({
      method,
      url,
      handler: () => {
        throw later(what);
      },
    });
  }
  for (const url of ['/swarm', '/nodes', '/services', '/tasks', '/secrets', '/configs']) {
    app.get(url, () => {
      throw unavailable(notAManager);
    });
  }
  app.get('/plugins', () => []);
  // There is no build cache to prune; `docker system prune` asks.
  app.post('/build/prune', () => ({ CachesDeleted: [], SpaceReclaimed: 0 }));
}
