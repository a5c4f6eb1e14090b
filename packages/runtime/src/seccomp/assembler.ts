/**
 * Assembles classic BPF (linux/filter.h) from the last instruction to the first. Jumps only go forward, so every
 * target is known when a jump is written, and short conditional jumps are stretched where they do not reach.
 */
import { invalidParameter } from '@berth/engine-api';

/** Opcodes: class | size/operation | mode. */
export const op = {
  load: 0x20, // BPF_LD | BPF_W | BPF_ABS
  and: 0x54, // BPF_ALU | BPF_AND | BPF_K
  jump: 0x05, // BPF_JMP | BPF_JA
  ifEqual: 0x15,
  ifGreater: 0x25,
  ifGreaterOrEqual: 0x35,
  return: 0x06,
} as const;

type Condition = typeof op.ifEqual | typeof op.ifGreater | typeof op.ifGreaterOrEqual;

/** A place in the program, counted from its end. */
export type Label = number;

/** BPF_MAXINSNS */
const maxInstructions = 4096;
const maxShortJump = 255;

export class Assembler {
  readonly #backward: { code: number; jt: number; jf: number; k: number }[] = [];
  readonly #returns = new Map<number, Label>();

  #push(code: number, k: number, jt = 0, jf = 0): Label {
    this.#backward.push({ code, jt, jf, k: k >>> 0 });
    return this.#backward.length - 1;
  }

  /** Instructions between the next one to be written and `target`. */
  #distance(target: Label): number {
    return this.#backward.length - target - 1;
  }

  load(offset: number): Label {
    return this.#push(op.load, offset);
  }

  and(mask: number): Label {
    return this.#push(op.and, mask);
  }

  jump(target: Label): Label {
    const distance = this.#distance(target);
    return distance === 0 ? target : this.#push(op.jump, distance);
  }

  /** Ends the program with this value; shares an equal one that is near enough. */
  return(value: number): Label {
    const known = this.#returns.get(value);
    if (known !== undefined && this.#distance(known) < maxShortJump / 2) return known;
    const label = this.#push(op.return, value);
    this.#returns.set(value, label);
    return label;
  }

  /** Compares the accumulator with `k`. */
  branch(condition: Condition, k: number, whenTrue: Label, whenFalse: Label): Label {
    // A trampoline for one may push the other out of reach, hence one instruction of slack.
    const yes = this.#distance(whenTrue) < maxShortJump ? whenTrue : this.#trampoline(whenTrue);
    const no = this.#distance(whenFalse) <= maxShortJump ? whenFalse : this.#trampoline(whenFalse);
    return this.#push(condition, k, this.#distance(yes), this.#distance(no));
  }

  #trampoline(target: Label): Label {
    return this.#push(op.jump, this.#distance(target));
  }

  /** The program as an array of struct sock_filter. @throws invalid-parameter when the kernel would refuse its size. */
  program(): Buffer {
    if (this.#backward.length > maxInstructions) {
      throw invalidParameter(
        `seccomp profile is too large: ${this.#backward.length} instructions of ${maxInstructions}`,
      );
    }
    const buffer = Buffer.alloc(this.#backward.length * 8);
    this.#backward.toReversed().forEach(({ code, jt, jf, k }, index) => {
      buffer.writeUInt16LE(code, index * 8);
      buffer.writeUInt8(jt, index * 8 + 2);
      buffer.writeUInt8(jf, index * 8 + 3);
      buffer.writeUInt32LE(k, index * 8 + 4);
    });
    return buffer;
  }
}
