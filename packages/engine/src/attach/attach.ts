/** `POST /containers/{id}/attach`: joins a client with a container, running or about to be started. */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { conflict } from '@berth/engine-api';
import type { AttachOptions } from '@berth/runtime';
import type { Container } from '../containers/container.ts';
import { type EngineContext, emitContainerEvent } from '../context.ts';
import { readLogs } from '../logs/read-logs.ts';
import type { AttachRequest, StreamJoin } from '../types.ts';
import type { WaitingClient } from './attach-point.ts';
import { parseDetachKeys } from './detach-keys.ts';
import { joinStreams } from './join-streams.ts';
import { openPipe } from './open-pipe.ts';

/** The client counts as attached when this resolves: a start after it misses no byte. */
export async function attachContainer(
  context: EngineContext,
  container: Container,
  request: AttachRequest,
): Promise<{ join: StreamJoin; multiplexed: boolean }> {
  const keys = parseDetachKeys(request.detachKeys);
  const { status } = container.state;
  if (status === 'paused') {
    throw conflict(`container ${container.id} is paused, unpause the container before attach`);
  }
  if (status === 'restarting') {
    throw conflict(`container ${container.id} is restarting, wait until the container is running`);
  }
  const stdin = request.stdin && (container.config.OpenStdin ?? false);
  const closeStdin = stdin && (container.config.StdinOnce ?? false) && !container.terminal;
  const options = { stdin, stdout: request.stdout, stderr: request.stderr, stdinOnce: closeStdin };
  const waiting = request.stream ? await connect(container, options) : undefined;
  emitContainerEvent(context, container, 'attach');
  const join: StreamJoin = async (client) => {
    if (request.logs) await replayLogs(context, container, request, client);
    const pipe = waiting && (await pipeOrGone(waiting, client));
    if (!pipe) {
      client.end(() => client.destroy());
      return;
    }
    await joinStreams(client, pipe, {
      stdin,
      closeStdin,
      detachKeys: container.terminal ? keys : undefined,
      onDetach: () => emitContainerEvent(context, container, 'detach'),
    });
  };
  return { join, multiplexed: !container.terminal };
}

async function connect(container: Container, options: AttachOptions): Promise<WaitingClient> {
  if (!container.process) return container.attachPoint.wait(options);
  const pipe = await openPipe(container.process, options);
  return { pipe: Promise.resolve(pipe), cancel: () => pipe.destroy() };
}

/** The pipe once the container starts; undefined when the client leaves before that. */
async function pipeOrGone(waiting: WaitingClient, client: Duplex): Promise<Duplex | undefined> {
  const settled = new AbortController();
  const gone = once(client, 'close', { signal: settled.signal }).then(
    () => {
      waiting.cancel();
      return undefined;
    },
    () => undefined,
  );
  if (client.destroyed) waiting.cancel();
  // A paused socket does not notice that its peer has closed; nothing is lost, as Node buffers what was read.
  try {
    return await Promise.race([waiting.pipe, gone]);
  } finally {
    settled.abort();
  }
}

async function replayLogs(
  context: EngineContext,
  container: Container,
  request: AttachRequest,
  client: Duplex,
): Promise<void> {
  const gone = new AbortController();
  client.once('close', () => gone.abort());
  const chunks = readLogs(context.store.paths(container.id).log, {
    stdout: request.stdout,
    stderr: request.stderr,
    timestamps: false,
    details: false,
    multiplexed: !container.terminal,
    sinceMs: undefined,
    untilMs: undefined,
    tail: 'all',
    signal: gone.signal,
  });
  for await (const chunk of chunks) {
    if (client.destroyed) return;
    if (!client.write(chunk)) await Promise.race([once(client, 'drain'), once(client, 'close')]);
  }
}
