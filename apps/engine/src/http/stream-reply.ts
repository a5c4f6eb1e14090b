/** Answers that are written bit by bit: documents as they happen, progress, byte streams. */
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyReply } from 'fastify';
import { describeError } from './errors.ts';

/**
 * Writes each document as one line, as slowly as the client reads. An error before the first one is thrown (and
 * gets its own status); after that the connection is cut, which is how clients notice.
 * @param open send the headers before the first document; clients that subscribe wait for them
 */
export async function streamDocuments(
  reply: FastifyReply,
  documents: AsyncIterable<unknown>,
  { signal, open }: { signal: AbortSignal; open: boolean },
): Promise<void> {
  const response = reply.raw;
  response.setHeader('Content-Type', 'application/json');
  if (open) response.flushHeaders();
  try {
    for await (const document of documents) {
      if (signal.aborted) break;
      if (!response.write(`${JSON.stringify(document)}\n`)) await once(response, 'drain', { signal });
    }
  } catch (error) {
    if (!signal.aborted) {
      if (!response.headersSent) throw error;
      reply.server.reportUnexpected(error, reply.request);
      response.destroy();
    }
  }
  reply.hijack();
  response.end();
}

/** Copies bytes to the client; what goes wrong on the way cuts the connection. */
export async function streamBytes(
  reply: FastifyReply,
  source: Readable,
  { contentType, signal }: { contentType: string; signal: AbortSignal },
): Promise<void> {
  reply.hijack();
  reply.raw.writeHead(200, { 'Content-Type': contentType });
  reply.raw.flushHeaders();
  try {
    await pipeline(source, reply.raw, { signal });
  } catch (error) {
    // A client that stops reading is not an error; anything else shows as a cut connection.
    if (!signal.aborted) {
      reply.server.reportUnexpected(error, reply.request);
      reply.raw.destroy();
    }
  }
}

/**
 * A progress stream: the headers go out with the first message, so that what fails before it gets its own status;
 * what fails later is told in the stream, as Docker does.
 */
export async function streamProgress<Message extends object>(
  reply: FastifyReply,
  work: (onProgress: (message: Message) => void) => Promise<void>,
  options: { quiet?: boolean } = {},
): Promise<void> {
  const response = reply.raw;
  response.setHeader('Content-Type', 'application/json');
  const write = (message: object): void => {
    // To a client that does not keep up, the newest count of bytes will do later.
    if (response.writableNeedDrain && 'progressDetail' in message) return;
    response.write(`${JSON.stringify(message)}\r\n`);
  };
  try {
    await work((message) => {
      if (options.quiet === true && 'progressDetail' in message) return;
      if (!response.destroyed) write(message);
    });
  } catch (error) {
    if (!response.headersSent) throw error;
    reply.server.reportUnexpected(error, reply.request);
    const { message } = describeError(error);
    write({ errorDetail: { message }, error: message });
  }
  reply.hijack();
  response.end();
}
