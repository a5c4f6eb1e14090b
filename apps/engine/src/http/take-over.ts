/**
 * Hijacking: the connection of an HTTP request becomes a byte pipe between client and process. With
 * `Upgrade: tcp` the answer is `101 UPGRADED`; without, `200 OK` and raw bytes, as Docker has it for old clients.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { StreamJoin } from '@berth/engine';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestInfo } from './request-info.ts';
import { isAtLeast } from './version-gate.ts';

const rawStream = 'application/vnd.docker.raw-stream';
const multiplexedStream = 'application/vnd.docker.multiplexed-stream';

/** Clients before API 1.42 are always told "raw" and know from the container's terminal what comes. */
export function streamMediaType(request: FastifyRequest, multiplexed: boolean): string {
  return multiplexed && isAtLeast(requestInfo(request.raw).version, 42) ? multiplexedStream : rawStream;
}

/** Answers, takes the connection out of HTTP's hands and joins it with a process until either side ends. */
export async function joinClient(
  reply: FastifyReply,
  { join, multiplexed }: { join: StreamJoin; multiplexed: boolean },
): Promise<void> {
  const pipe = takeOver(reply, multiplexed);
  try {
    await join(pipe);
  } catch (error) {
    reply.server.reportUnexpected(error, reply.request);
    pipe.destroy();
  }
}

/** @returns the pipe: reading is what the client types, and ends when the client half-closes */
function takeOver(reply: FastifyReply, multiplexed: boolean): Duplex {
  const { request } = reply;
  reply.hijack();
  const { socket } = request.raw;
  const upgraded = requestInfo(request.raw).pipe;
  const pipe = upgraded ?? socket;
  reply.raw.detachSocket(socket);
  request.raw.resume();
  if (upgraded === undefined) releaseFromHttp(socket);
  socket.setTimeout(0);
  const type = `Content-Type: ${streamMediaType(request, multiplexed)}\r\n`;
  pipe.write(
    upgraded === undefined
      ? `HTTP/1.1 200 OK\r\n${type}\r\n`
      : `HTTP/1.1 101 UPGRADED\r\n${type}Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
  );
  return pipe;
}

/**
 * HTTP's parser would take what follows for the next request. It lets go of the socket for good when somebody else
 * listens for data.
 */
function releaseFromHttp(socket: Socket): void {
  for (const event of ['data', 'end']) socket.removeAllListeners(event);
  const letGo = () => undefined;
  socket.on('readable', letGo);
  socket.removeListener('readable', letGo);
}
