/**
 * The HTTP edge of berthd: routes of the Engine API on top of the engine. Listeners (unix sockets, TCP) are made
 * elsewhere and hand their connections to `attachTo`.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Engine } from '@berth/engine';
import { apiVersion, notFound } from '@berth/engine-api';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { registerBerthRoutes } from '../routes/berth/index.ts';
import { registerContainerRoutes } from '../routes/containers/index.ts';
import { registerExecRoutes } from '../routes/exec/index.ts';
import { registerImageRoutes } from '../routes/images/index.ts';
import { registerMissingRoutes } from '../routes/missing.ts';
import { registerNetworkRoutes } from '../routes/networks/index.ts';
import { registerSystemRoutes } from '../routes/system/index.ts';
import { registerVolumeRoutes } from '../routes/volumes/index.ts';
import { describeError, sendError } from './errors.ts';
import { rememberRequest } from './request-info.ts';
import { responseFor, wantsPipe } from './upgrade.ts';
import { splitVersion } from './version-gate.ts';

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ApiServer {
  /** Options for `http.createServer` and `https.createServer` that the routes rely on. */
  readonly serverOptions: typeof serverOptions;
  /** Serves the connections of one listener. */
  attachTo(server: Server): void;
  /** Ends the routes; the listeners are closed by their owner. */
  close(): PromiseLike<unknown>;
}

export interface ApiServerOptions {
  engine: Engine;
  logger: Logger;
  /** Of Berth itself, for the Server header. */
  version: string;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Logs an error that nobody expected; for those that come when the answer is already under way. */
    reportUnexpected(error: unknown, request: FastifyRequest): void;
  }
}

const fastifyJson = 'application/json; charset=utf-8';

const serverOptions = {
  /** An image may take an hour to upload. */
  requestTimeout: 0,
  headersTimeout: 60_000,
  /** As dockerd: clients keep connections as long as they like, and never meet one that just closed. */
  keepAliveTimeout: 0,
  maxHeaderSize: 256 << 10,
  requireHostHeader: false,
  shouldUpgradeCallback: wantsPipe,
} as const;

export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const app = await createRoutes(options);
  const headers = commonHeaders(options.version);
  const handle = (request: IncomingMessage, response: ServerResponse, pipe?: Duplex) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    try {
      const { version, url } = splitVersion(request.url ?? '/');
      request.url = url;
      rememberRequest(request, pipe === undefined ? { version } : { version, pipe });
    } catch (error) {
      sendError(response, error);
      return;
    }
    app.routing(request, response);
  };
  return {
    serverOptions,
    attachTo: (server) => {
      server.on('request', (request, response) => handle(request, response));
      server.on('upgrade', (request, pipe, head) => {
        // A client that breaks off is no event for anybody but the pipe's user, who sees the close.
        pipe.on('error', () => pipe.destroy());
        if (head.length > 0) pipe.unshift(head);
        handle(request, responseFor(request, pipe), pipe);
      });
    },
    close: () => app.close(),
  };
}

async function createRoutes({ engine, logger }: ApiServerOptions): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 4096 },
    // A URL that cannot even be decoded names nothing.
    frameworkErrors: (_error, _request, reply) => {
      reply.hijack();
      sendError(reply.raw, notFound('page not found'));
    },
  });
  // Bodies are read where they are needed: some are JSON, some are tars of any size.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.decorate('reportUnexpected', (error: unknown, request: FastifyRequest) => {
    if (!describeError(error).unexpected) return;
    logger.error({ err: error, method: request.method, url: request.url }, 'request failed');
  });
  app.setErrorHandler((error, request, reply) => {
    app.reportUnexpected(error, request);
    const { status, message } = describeError(error);
    reply.code(status);
    return status === 304 ? reply.send() : reply.send({ message });
  });
  // Docker's client compares the whole header, so it must not name a charset.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (reply.getHeader('content-type') === fastifyJson) reply.header('content-type', 'application/json');
    done(null, payload);
  });
  app.setNotFoundHandler(() => {
    throw notFound('page not found');
  });
  registerSystemRoutes(app, engine.system);
  registerContainerRoutes(app, engine.containers);
  registerExecRoutes(app, engine.containers);
  registerImageRoutes(app, engine.images);
  registerNetworkRoutes(app, engine.networks);
  registerVolumeRoutes(app, engine.volumes);
  registerBerthRoutes(app, engine);
  registerMissingRoutes(app);
  await app.ready();
  return app;
}

/** What every answer carries, as clients negotiate by it. */
const commonHeaders = (version: string): [string, string][] => [
  ['Api-Version', apiVersion],
  ['Docker-Experimental', 'false'],
  ['Ostype', 'linux'],
  ['Server', `Berth/${version} (linux)`],
];
