/** Request bodies: JSON is bounded and validated, tars are streamed. */
import { type EngineError, invalidParameter, parseRequest } from '@berth/engine-api';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';

/** Far above any real container configuration. */
export const maxJsonBytes = 8 << 20;

/**
 * The body as a validated value.
 * @throws invalidParameter when it is missing, too big, not JSON, or not of the schema's form
 */
export async function jsonBody<S extends z.ZodType>(
  request: FastifyRequest,
  schema: S,
): Promise<z.output<S>> {
  const value = await readJson(request);
  if (value === undefined) throw invalidParameter('invalid request body: it is empty');
  return parseRequest(schema, value);
}

/** As `jsonBody`, for calls whose body may be left out. */
export async function optionalJsonBody<S extends z.ZodType>(
  request: FastifyRequest,
  schema: S,
): Promise<z.output<S>> {
  return parseRequest(schema, (await readJson(request)) ?? {});
}

async function readJson(request: FastifyRequest): Promise<unknown> {
  const bytes = await collect(request);
  if (bytes.length === 0) return undefined;
  const type = request.headers['content-type'];
  if (type !== undefined && !/^application\/json\s*(;|$)/i.test(type)) {
    throw invalidParameter(`unsupported Content-Type header (${type}): must be 'application/json'`);
  }
  try {
    return JSON.parse(bytes.toString()) ?? undefined;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalidParameter(`invalid JSON in request body: ${why}`, { cause });
  }
}

async function collect(request: FastifyRequest): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxJsonBytes) throw tooBig(request);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxJsonBytes) throw tooBig(request);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** The rest is still read and dropped, or the client would see a broken connection instead of the answer. */
function tooBig(request: FastifyRequest): EngineError {
  request.raw.resume();
  return invalidParameter(`invalid request body: it is bigger than ${maxJsonBytes >> 20} MiB`);
}
