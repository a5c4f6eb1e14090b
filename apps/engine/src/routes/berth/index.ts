/** `/berth/v1`: what Docker has no words for. */
import type { Engine } from '@berth/engine';
import type { FastifyInstance } from 'fastify';
import { containerRef } from '../../http/params.ts';

export function registerBerthRoutes(
  app: FastifyInstance,
  { containers, system }: Pick<Engine, 'containers' | 'system'>,
): void {
  app.get('/berth/v1/containers/:id/limits', (request) => containers.kernelLimits(containerRef(request)));
  app.get('/berth/v1/host', () => system.host());
}
