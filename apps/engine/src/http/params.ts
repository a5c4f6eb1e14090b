/** Path parameters. */
import { notFound } from '@berth/engine-api';
import type { FastifyRequest } from 'fastify';

/** Ids, names and prefixes of ids; Docker shows names with a leading slash and takes them so. */
const containerRefPattern = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export function pathParameter(request: FastifyRequest, name: string): string {
  const value: unknown = Reflect.get(request.params as object, name);
  return typeof value === 'string' ? value : '';
}

/** @throws notFound for what cannot name a container, so that nothing odd reaches the engine */
export function containerRef(request: FastifyRequest): string {
  const ref = pathParameter(request, 'id');
  if (!containerRefPattern.test(ref)) throw notFound(`No such container: ${ref}`);
  return ref.startsWith('/') ? ref.slice(1) : ref;
}

/** @throws notFound as `containerRef` */
export function execRef(request: FastifyRequest): string {
  const ref = pathParameter(request, 'id');
  if (!/^[a-zA-Z0-9]+$/.test(ref)) throw notFound(`No such exec instance: ${ref}`);
  return ref;
}
