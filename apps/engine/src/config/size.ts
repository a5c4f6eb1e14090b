const units: Record<string, number> = { '': 1, b: 1, k: 1 << 10, m: 1 << 20, g: 2 ** 30, t: 2 ** 40 };

/**
 * Bytes of "64m", "1.5g", "1024" or a number, as Docker reads sizes; undefined when it is none of these.
 */
export function parseSize(size: string | number): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(String(size));
  const factor = units[(match?.[2] ?? '').toLowerCase()];
  if (match === null || factor === undefined) return undefined;
  return Math.floor(Number(match[1]) * factor);
}
