/** Changing: from create to remove. The launch path of `docker run` is create, wait, start, remove. */

import type { ContainersBackend, WaitCondition } from '@berth/engine';
import {
  ContainerCreateBody,
  ContainerUpdateBody,
  checkFilterNames,
  invalidParameter,
  parseFilters,
} from '@berth/engine-api';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { clientGone } from '../../http/abort.ts';
import { jsonBody } from '../../http/body.ts';
import { containerRef } from '../../http/params.ts';
import { Query } from '../../http/query.ts';

const done = (reply: FastifyReply): FastifyReply => reply.code(204).send();

export function registerLifecycle(app: FastifyInstance, containers: ContainersBackend): void {
  registerMaking(app, containers);
  registerRunning(app, containers);
  registerWait(app, containers);
}

function registerMaking(app: FastifyInstance, containers: ContainersBackend): void {
  app.post('/containers/create', async (request, reply) => {
    const query = new Query(request);
    const body = await jsonBody(request, ContainerCreateBody);
    const options = { name: query.text('name'), platform: query.text('platform') };
    return reply.code(201).send(await containers.create(body, options));
  });
  app.post('/containers/:id/update', async (request) =>
    containers.update(containerRef(request), await jsonBody(request, ContainerUpdateBody)),
  );
  app.post('/containers/:id/rename', async (request, reply) => {
    await containers.rename(containerRef(request), new Query(request).text('name') ?? '');
    return done(reply);
  });
  app.delete('/containers/:id', async (request, reply) => {
    const query = new Query(request);
    const options = { force: query.flag('force'), volumes: query.flag('v'), link: query.flag('link') };
    await containers.remove(containerRef(request), options);
    return done(reply);
  });
  app.post('/containers/prune', (request) => {
    const filters = parseFilters(new Query(request).text('filters'));
    checkFilterNames(filters, ['label', 'label!', 'until']);
    return containers.prune(filters);
  });
}

function registerRunning(app: FastifyInstance, containers: ContainersBackend): void {
  app.post('/containers/:id/start', async (request, reply) => {
    await containers.start(containerRef(request), { detachKeys: new Query(request).text('detachKeys') });
    return done(reply);
  });
  for (const action of ['stop', 'restart'] as const) {
    app.post(`/containers/:id/${action}`, async (request, reply) => {
      const query = new Query(request);
      const options = { timeoutS: query.integer('t'), signal: query.text('signal') };
      await containers[action](containerRef(request), options);
      return done(reply);
    });
  }
  app.post('/containers/:id/kill', async (request, reply) => {
    await containers.kill(containerRef(request), { signal: new Query(request).text('signal') });
    return done(reply);
  });
  for (const action of ['pause', 'unpause'] as const) {
    app.post(`/containers/:id/${action}`, async (request, reply) => {
      await containers[action](containerRef(request));
      return done(reply);
    });
  }
  app.post('/containers/:id/resize', async (request, reply) => {
    await containers.resize(containerRef(request), terminalSize(new Query(request)));
    return reply.code(200).send();
  });
}

function registerWait(app: FastifyInstance, containers: ContainersBackend): void {
  app.post('/containers/:id/wait', async (request, reply) => {
    const condition = waitCondition(new Query(request).text('condition'));
    const signal = clientGone(reply.raw);
    const { result } = await containers.wait(containerRef(request), condition, signal);
    // The client starts the container only after it has these.
    reply.raw.setHeader('Content-Type', 'application/json');
    reply.raw.flushHeaders();
    reply.hijack();
    try {
      reply.raw.end(JSON.stringify(await result));
    } catch (error) {
      reply.raw.destroy();
      if (!signal.aborted) throw error;
    }
  });
}

function waitCondition(text: string | undefined): WaitCondition {
  if (text === undefined) return 'not-running';
  if (text === 'not-running' || text === 'next-exit' || text === 'removed') return text;
  throw invalidParameter(`invalid condition: "${text}"`);
}

/** @throws invalidParameter when a side is missing or not a size */
export function terminalSize(query: Query): { rows: number; columns: number } {
  const rows = query.integer('h');
  const columns = query.integer('w');
  const isSize = (value: number | undefined): value is number =>
    value !== undefined && value >= 0 && value <= 65_535;
  if (!isSize(rows)) throw invalidParameter('invalid resize height "h": expected a number from 0 to 65535');
  if (!isSize(columns)) throw invalidParameter('invalid resize width "w": expected a number from 0 to 65535');
  return { rows, columns };
}
