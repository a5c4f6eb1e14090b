/**
 * Docker's multiplexed stream: each frame is one byte of stream number, three of zero, four of length
 * (big-endian) and the payload. Containers with a terminal have no frames.
 */
export interface OutputPiece {
  stream: 'stdin' | 'stdout' | 'stderr';
  data: Buffer;
}

const headerBytes = 8;
const streamNames = ['stdin', 'stdout', 'stderr'] as const;

/** Pure decoder. Payloads are passed on as they come in, so nothing but a header is ever buffered. */
export class FrameDecoder {
  #header = Buffer.alloc(0);
  #stream: OutputPiece['stream'] = 'stdout';
  #remaining = 0;

  /** @throws RangeError when the bytes are not frames */
  push(chunk: Buffer): OutputPiece[] {
    const pieces: OutputPiece[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#remaining === 0) {
        rest = this.#readHeader(rest);
        continue;
      }
      const data = rest.subarray(0, this.#remaining);
      pieces.push({ stream: this.#stream, data });
      this.#remaining -= data.length;
      rest = rest.subarray(data.length);
    }
    return pieces;
  }

  #readHeader(chunk: Buffer): Buffer {
    const missing = headerBytes - this.#header.length;
    const header = Buffer.concat([this.#header, chunk.subarray(0, missing)]);
    if (header.length < headerBytes) {
      this.#header = header;
    } else {
      const name = streamNames[header[0] ?? 0];
      if (name === undefined) throw new RangeError(`not a frame of a multiplexed stream: type ${header[0]}`);
      this.#stream = name;
      this.#remaining = header.readUInt32BE(4);
      this.#header = Buffer.alloc(0);
    }
    return chunk.subarray(missing);
  }
}

/** Splits a container's output by stream; without frames everything counts as stdout. */
export async function* decodeOutput(
  source: AsyncIterable<Buffer>,
  multiplexed: boolean,
): AsyncGenerator<OutputPiece, void, undefined> {
  if (!multiplexed) {
    for await (const data of source) yield { stream: 'stdout', data };
    return;
  }
  const decoder = new FrameDecoder();
  for await (const chunk of source) yield* decoder.push(chunk);
}
