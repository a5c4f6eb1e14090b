/** Frames of the launcher protocol: u32 length of what follows, u8 type, payload; little-endian. */
import type { LaunchFailure } from './launch-error.ts';

/** The launcher sends nothing longer; anything else is not the launcher. */
const frameLimit = 64 * 1024;

export interface Frame {
  type: number;
  payload: Buffer;
}

export function encodeFrame(type: number, ...numbers: number[]): Buffer {
  const frame = Buffer.allocUnsafe(5 + 4 * numbers.length);
  frame.writeUInt32LE(1 + 4 * numbers.length, 0);
  frame.writeUInt8(type, 4);
  numbers.forEach((number, index) => {
    frame.writeUInt32LE(number, 5 + 4 * index);
  });
  return frame;
}

/** Cuts a byte stream into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws RangeError for a frame that no launcher sends. */
  push(chunk: Buffer): Frame[] {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    while (data.length >= 5) {
      const length = data.readUInt32LE(0);
      if (length < 1 || length > frameLimit) throw new RangeError(`launcher frame of ${length} bytes`);
      if (data.length < 4 + length) break;
      frames.push({ type: data.readUInt8(4), payload: data.subarray(5, 4 + length) });
      data = data.subarray(4 + length);
    }
    this.#rest = data;
    return frames;
  }
}

/** Payload of READY and STARTED. */
export interface ProcessState {
  pid: number;
  /** Clock ticks since boot: with the pid it names one process for ever. */
  startTime: bigint;
  startedAt: Date;
  terminal: boolean;
}

export const decodeState = (payload: Buffer): ProcessState => ({
  pid: payload.readUInt32LE(0),
  startTime: payload.readBigUInt64LE(4),
  startedAt: dateOf(payload.readBigUInt64LE(12)),
  terminal: payload.readUInt8(20) !== 0,
});

export const decodeExit = (payload: Buffer): { exitCode: number; exitedAt: Date; oomKilled: boolean } => ({
  exitCode: payload.readUInt32LE(0),
  exitedAt: dateOf(payload.readBigUInt64LE(4)),
  oomKilled: payload.readUInt8(12) !== 0,
});

export function decodeFailure(payload: Buffer): LaunchFailure {
  const [stage, afterStage] = readString(payload, 8);
  const [message] = readString(payload, afterStage);
  return { exitCode: payload.readUInt32LE(0), errno: payload.readUInt32LE(4), stage, message };
}

function readString(payload: Buffer, at: number): [text: string, end: number] {
  const end = at + 4 + payload.readUInt32LE(at);
  return [payload.toString('utf8', at + 4, end), end + 1];
}

/** From nanoseconds since 1970. */
export const dateOf = (ns: bigint): Date => new Date(Number(ns / 1_000_000n));
