/** A live connection to a process: attach and exec. */
import type { Duplex } from 'node:stream';
import { decodeOutput, type OutputPiece } from './frames.ts';

export interface TerminalSize {
  rows: number;
  columns: number;
}

/** Disposing drops the connection; what that does to the process is the engine's business. */
export interface Session extends Disposable {
  /**
   * The connection itself. Writing feeds stdin, ending closes stdin; reading gives frames when `multiplexed`,
   * plain bytes otherwise.
   */
  readonly duplex: Duplex;
  readonly multiplexed: boolean;
  /** Output by stream, until the process ends or the session is disposed. Reads `duplex`, so use one of the two. */
  output(): AsyncIterable<OutputPiece>;
  resize(size: TerminalSize): Promise<void>;
}

export function createSession(
  duplex: Duplex,
  multiplexed: boolean,
  resize: (size: TerminalSize) => Promise<void>,
): Session {
  return {
    duplex,
    multiplexed,
    output: () => decodeOutput(duplex as AsyncIterable<Buffer>, multiplexed),
    resize,
    [Symbol.dispose]: () => {
      duplex.destroy();
    },
  };
}
