/** Output and input of a container: logs and attach. */

import type { ContainersBackend, LogsQuery } from '@berth/engine';
import { invalidParameter } from '@berth/engine-api';
import type { FastifyInstance } from 'fastify';
import { clientGone } from '../../http/abort.ts';
import { containerRef } from '../../http/params.ts';
import { Query } from '../../http/query.ts';
import { streamBytes } from '../../http/stream-reply.ts';
import { joinClient, streamMediaType } from '../../http/take-over.ts';

export function registerStreams(app: FastifyInstance, containers: ContainersBackend): void {
  app.get('/containers/:id/logs', async (request, reply) => {
    const signal = clientGone(reply.raw);
    const query = logsQuery(new Query(request), signal);
    const { stream, multiplexed } = await containers.logs(containerRef(request), query);
    await streamBytes(reply, stream, { contentType: streamMediaType(request, multiplexed), signal });
  });
  app.post('/containers/:id/attach', async (request, reply) => {
    const query = new Query(request);
    const attached = await containers.attach(containerRef(request), {
      stdin: query.flag('stdin'),
      stdout: query.flag('stdout'),
      stderr: query.flag('stderr'),
      logs: query.flag('logs'),
      stream: query.flag('stream'),
      detachKeys: query.text('detachKeys'),
    });
    await joinClient(reply, attached);
  });
}

function logsQuery(query: Query, signal: AbortSignal): LogsQuery {
  const stdout = query.flag('stdout');
  const stderr = query.flag('stderr');
  if (!stdout && !stderr) throw invalidParameter('Bad parameters: you must choose at least one stream');
  return {
    stdout,
    stderr,
    follow: query.flag('follow'),
    timestamps: query.flag('timestamps'),
    tail: tailOf(query.text('tail')),
    since: query.time('since'),
    until: query.time('until'),
    details: query.flag('details'),
    signal,
  };
}

/** As Docker: whatever is no count means all. */
function tailOf(text: string | undefined): number | 'all' {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 'all';
}
