/** How values lie on a slider's track. Positions are 0–1 from the smallest value to the host's capacity. */
export interface Scale {
  readonly min: number;
  readonly capacity: number;
  toPosition(value: number): number;
  /** The nearest allowed value. */
  fromPosition(position: number): number;
  /** The next allowed value up (1) or down (-1); `large` for Page Up and Page Down. */
  next(value: number, direction: 1 | -1, large: boolean): number;
}

const between = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Even steps: cores, processes. */
export function linearScale({
  min,
  capacity,
  step,
  largeStep = step * 10,
}: {
  min: number;
  capacity: number;
  step: number;
  largeStep?: number;
}): Scale {
  const digits = Math.max(0, Math.ceil(-Math.log10(step)) + 1);
  const snap = (value: number): number =>
    Number(between(Math.round(value / step) * step, min, capacity).toFixed(digits));
  return {
    min,
    capacity,
    toPosition: (value) => between((value - min) / (capacity - min), 0, 1),
    fromPosition: (position) => snap(min + position * (capacity - min)),
    next: (value, direction, large) => snap(value + direction * (large ? largeStep : step)),
  };
}

/** Bytes on a logarithm of two, with eight steps to each doubling and never less than one MiB. */
export function binaryScale({ min, capacity }: { min: number; capacity: number }): Scale {
  const octaves = Math.log2(capacity / min);
  const mebibyte = 1024 ** 2;
  const stepAt = (value: number): number => Math.max(mebibyte, 2 ** Math.floor(Math.log2(value)) / 8);
  const snap = (value: number): number => {
    const step = stepAt(value);
    return between(Math.round(value / step) * step, min, capacity);
  };
  return {
    min,
    capacity,
    toPosition: (value) => between(Math.log2(Math.max(value, 1) / min) / octaves, 0, 1),
    fromPosition: (position) => snap(min * 2 ** (between(position, 0, 1) * octaves)),
    next: (value, direction, large) => {
      if (large) return snap(direction === 1 ? value * 2 : value / 2);
      // Going down from a power of two, the step is the smaller one below it.
      const step = stepAt(direction === 1 ? value : value - 1);
      return between(Math.round(value / step) * step + direction * step, min, capacity);
    },
  };
}
