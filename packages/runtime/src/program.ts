/**
 * The launch program as data, and its encoding. An operation is a tuple of its name and its fields; how a field is
 * encoded follows from its JavaScript type: number → u32, bigint → u64, string → length, bytes, NUL;
 * Uint8Array → length, bytes.
 */
import { invalidParameter } from '@berth/engine-api';
import { frames, type OpName, ops } from './protocol.ts';

export type Field = number | bigint | string | Uint8Array;
export type Operation = readonly [name: OpName, ...fields: Field[]];
export type Program = readonly Operation[];

const fieldSize = (field: Field): number => {
  if (typeof field === 'number') return 4;
  if (typeof field === 'bigint') return 8;
  return typeof field === 'string' ? 4 + Buffer.byteLength(field) + 1 : 4 + field.length;
};

/**
 * The program as the frame that the launcher reads.
 * @throws invalid-parameter for a string with a NUL character, which no path, name or variable can hold.
 */
export function encodeProgram(program: Program): Buffer {
  const sizes = program.map(([, ...fields]) =>
    fields.reduce<number>((sum, field) => sum + fieldSize(field), 0),
  );
  const length = sizes.reduce((sum, size) => sum + 6 + size, 1);
  const frame = Buffer.allocUnsafe(4 + length);
  let at = frame.writeUInt32LE(length, 0);
  at = frame.writeUInt8(frames.PROGRAM, at);
  program.forEach(([name, ...fields], index) => {
    at = frame.writeUInt16LE(ops[name], at);
    at = frame.writeUInt32LE(sizes[index] ?? 0, at);
    for (const field of fields) at = writeField(frame, at, field);
  });
  return frame;
}

function writeField(frame: Buffer, at: number, field: Field): number {
  if (typeof field === 'number') return frame.writeUInt32LE(field >>> 0, at);
  if (typeof field === 'bigint') return frame.writeBigUInt64LE(BigInt.asUintN(64, field), at);
  if (typeof field !== 'string') {
    frame.set(field, frame.writeUInt32LE(field.length, at));
    return at + 4 + field.length;
  }
  if (field.includes('\0'))
    throw invalidParameter(`"${field.replaceAll('\0', '\\0')}" holds a NUL character`);
  const end = at + 4 + frame.write(field, at + 4);
  frame.writeUInt32LE(end - at - 4, at);
  return frame.writeUInt8(0, end);
}
