/** `/exec`, and making an exec under `/containers`. */

import type { ContainersBackend, StreamJoin } from '@berth/engine';
import { ExecCreateBody, ExecStartBody, invalidParameter, isEngineError } from '@berth/engine-api';
import type { FastifyInstance } from 'fastify';
import { jsonBody, optionalJsonBody } from '../../http/body.ts';
import { frame } from '../../http/frame.ts';
import { containerRef, execRef } from '../../http/params.ts';
import { Query } from '../../http/query.ts';
import { joinClient } from '../../http/take-over.ts';
import { terminalSize } from '../containers/lifecycle.ts';

export function registerExecRoutes(app: FastifyInstance, containers: ContainersBackend): void {
  app.post('/containers/:id/exec', async (request, reply) => {
    const body = await jsonBody(request, ExecCreateBody);
    if (body.Cmd === undefined || body.Cmd.length === 0) throw invalidParameter('No exec command specified');
    return reply.code(201).send(await containers.createExec(containerRef(request), body));
  });
  app.post('/exec/:id/start', async (request, reply) => {
    const id = execRef(request);
    const {
      Detach: detach = false,
      Tty: tty = false,
      ConsoleSize,
    } = await optionalJsonBody(request, ExecStartBody);
    const [rows, columns] = ConsoleSize ?? [];
    const consoleSize = rows === undefined || columns === undefined ? undefined : { rows, columns };
    if (detach) {
      await containers.startExec(id, { detach, tty, consoleSize });
      return reply.code(200).send();
    }
    const started = await containers.startExec(id, { detach, tty, consoleSize }).catch((error: unknown) => {
      if (!isToldInStream(error)) throw error;
      return { join: telling(error.message, !tty), multiplexed: !tty };
    });
    await joinClient(reply, started);
  });
  app.post('/exec/:id/resize', async (request, reply) => {
    await containers.resizeExec(execRef(request), terminalSize(new Query(request)));
    return reply.code(200).send();
  });
  app.get('/exec/:id/json', (request) => containers.inspectExec(execRef(request)));
}

/**
 * Docker opens the stream before it runs the program, so a program that cannot run is told of in the stream, and
 * clients then ask for the exit code. An exec that does not exist is refused before.
 */
const isToldInStream = (error: unknown): error is Error =>
  isEngineError(error) && error.kind !== 'not-found' && error.kind !== 'conflict';

const telling =
  (message: string, multiplexed: boolean): StreamJoin =>
  async (client) => {
    const line = Buffer.from(`${message}\r\n`);
    client.end(multiplexed ? frame('stdout', line) : line);
    client.resume();
  };
