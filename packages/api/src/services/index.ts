/** Joins the services. */

import { join } from 'node:path';
import { createDatabase } from '@berth/db';
import type { ApiConfig, Logger } from '../config.ts';
import { createTerminals, type Terminals } from '../terminal/sessions.ts';
import { createAudit } from './audit.ts';
import { type AuthService, createAuth } from './auth.ts';
import { createEnvironments, type Environments } from './environments.ts';
import { createErrorMap } from './error-map.ts';
import { createGuard } from './guard.ts';
import { createJobs } from './jobs.ts';
import { selfCheck } from './self-check.ts';
import { randomSetupCode } from './setup-code.ts';
import { createSockets, type Sockets } from './sockets.ts';
import type { Services } from './types.ts';

export interface Joined {
  services: Services;
  terminals: Terminals;
  environments: Environments;
  sockets: Sockets;
  /** To print while no user exists; `undefined` afterwards. */
  setupCode: string | undefined;
}

export interface ServicesOptions {
  config: ApiConfig;
  logger: Logger;
  /** Of terminals without a viewer. */
  terminalGraceMs?: number;
  now?: () => number;
}

export async function createServices(options: ServicesOptions): Promise<Joined> {
  const { config, logger } = options;
  await using undo = new AsyncDisposableStack();
  const database = undo.use(await createDatabase({ file: join(config.dataDir, 'console.db') }));
  const { client } = database;
  const environments = undo.use(await createEnvironments(client, config));
  const jobs = undo.use(createJobs({ database: client, clientOf: environments.client, logger }));
  const terminals = undo.use(
    createTerminals({
      logger,
      ...(options.terminalGraceMs === undefined ? {} : { graceMs: options.terminalGraceMs }),
    }),
  );
  const sockets = createSockets();

  const setupCode = (await client.user.count()) === 0 ? (config.setupCode ?? randomSetupCode()) : undefined;
  const late: { auth?: AuthService } = {};
  const guard = createGuard(config, () => {
    if (!late.auth) throw new Error('the guard was asked before sign-in was ready');
    return late.auth;
  });
  late.auth = await createAuth({
    client,
    config,
    setupCode,
    logger,
    ended(which) {
      guard.ended(which);
      if ('sessionId' in which) terminals.endOf(which.sessionId, 'You signed out.');
      else terminals.endOthers(which.userId, which.renewedId, 'The password was changed.');
    },
    ...(options.now ? { now: options.now } : {}),
  });

  const resources = undo.move();
  const services: Services = {
    guard,
    auth: late.auth,
    audit: createAudit(client, logger),
    environments,
    jobs,
    selfCheck: (request, page) => selfCheck(request, config, { open: sockets.openFrom(request) }, page),
    toTRPCError: createErrorMap(logger),
    close: () => resources.disposeAsync(),
  };
  return { services, terminals, environments, sockets, setupCode };
}
