/** `/containers`: a file per kind of call. */
import type { ContainersBackend } from '@berth/engine';
import type { FastifyInstance } from 'fastify';
import { registerLifecycle } from './lifecycle.ts';
import { registerQueries } from './queries.ts';
import { registerStreams } from './streams.ts';

export function registerContainerRoutes(app: FastifyInstance, containers: ContainersBackend): void {
  registerQueries(app, containers);
  registerLifecycle(app, containers);
  registerStreams(app, containers);
}
