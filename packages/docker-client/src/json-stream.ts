/** Streams of JSON documents, one per line: events, stats, progress. */
import { StringDecoder } from 'node:string_decoder';
import { ProgressLine, parseLenient } from '@berth/engine-api';
import type { z } from 'zod';
import { DockerError } from './errors.ts';

const maxDocumentLength = 16 << 20;

/** @throws DockerError on something that is not JSON */
export async function* jsonStream<S extends z.ZodType>(
  source: AsyncIterable<Buffer>,
  schema: S,
): AsyncGenerator<z.output<S>, void, undefined> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of source) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxDocumentLength) throw new DockerError('a message of the engine is too big');
    yield* documents(lines, schema);
  }
  yield* documents([rest + decoder.end()], schema);
}

/** As `jsonStream`, for progress: an error line of the engine is thrown. */
export async function* progressStream(
  source: AsyncIterable<Buffer>,
): AsyncGenerator<ProgressLine, void, undefined> {
  for await (const line of jsonStream(source, ProgressLine)) {
    const message = line.errorDetail?.message ?? line.error;
    if (message !== undefined && message !== '') throw new DockerError(message);
    yield line;
  }
}

function* documents<S extends z.ZodType>(lines: readonly string[], schema: S): Generator<z.output<S>> {
  for (const line of lines) {
    if (line.trim() === '') continue;
    const parsed = parseLenient(schema, parse(line));
    if (parsed !== undefined) yield parsed;
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new DockerError('the engine sent a message that is not JSON', { cause });
  }
}
