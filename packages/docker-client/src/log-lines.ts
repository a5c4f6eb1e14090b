/** Log output as lines, for readers that show or search them. */
import { StringDecoder } from 'node:string_decoder';
import type { OutputPiece } from './frames.ts';

export interface LogLine {
  stream: 'stdout' | 'stderr';
  /** RFC 3339 with nanoseconds, when the log was asked for with timestamps. */
  timestamp: string | undefined;
  /** Without the line end. */
  text: string;
}

/** A line without an end is cut at this many characters, so a container cannot fill the reader's memory. */
const maxLineLength = 1 << 20;
const timestampPattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?/;

/** Joins pieces of each stream to lines. `timestamps` says that each line begins with one. */
export async function* logLines(
  pieces: AsyncIterable<OutputPiece>,
  options: { timestamps: boolean },
): AsyncGenerator<LogLine, void, undefined> {
  const splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  for await (const { stream, data } of pieces) {
    if (stream === 'stdin') continue;
    for (const line of splitters[stream].push(data)) yield toLine(stream, line, options.timestamps);
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const last = splitters[stream].end();
    if (last !== '') yield toLine(stream, last, options.timestamps);
  }
}

function toLine(stream: LogLine['stream'], line: string, timestamps: boolean): LogLine {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  const match = timestamps ? timestampPattern.exec(text) : null;
  return { stream, timestamp: match?.[1], text: match === null ? text : text.slice(match[0].length) };
}

class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  push(data: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.write(data)).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > maxLineLength) {
      lines.push(this.#rest);
      this.#rest = '';
    }
    return lines;
  }

  end(): string {
    return this.#rest + this.#decoder.end();
  }
}
