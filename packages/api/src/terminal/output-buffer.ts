/** The last bytes of a terminal's output, addressed by their offset since its start. */
export interface OutputBuffer {
  /** Offset after the last byte. */
  readonly end: number;
  /** Offset of the oldest byte kept. */
  readonly start: number;
  append(data: Buffer): void;
  /** Everything kept from `offset` on. */
  from(offset: number): Buffer[];
}

export function createOutputBuffer(maxBytes: number): OutputBuffer {
  const chunks: Buffer[] = [];
  let start = 0;
  let end = 0;
  return {
    get start() {
      return start;
    },
    get end() {
      return end;
    },
    append(data) {
      // Copied: the piece may be a view of a big read buffer that must not be kept alive.
      chunks.push(Buffer.from(data));
      end += data.length;
      while (end - start > maxBytes) {
        const [oldest] = chunks;
        if (!oldest) break;
        const excess = end - start - maxBytes;
        if (oldest.length <= excess) {
          chunks.shift();
          start += oldest.length;
        } else {
          chunks[0] = oldest.subarray(excess);
          start += excess;
        }
      }
    },
    from(offset) {
      const found: Buffer[] = [];
      let at = start;
      for (const chunk of chunks) {
        if (at + chunk.length > offset) found.push(chunk.subarray(Math.max(0, offset - at)));
        at += chunk.length;
      }
      return found;
    },
  };
}
