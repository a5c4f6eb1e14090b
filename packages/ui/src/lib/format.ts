const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

function trim(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

/** Bytes in binary units with three significant figures: `84 MiB`, `1.25 GiB`. Negative or unknown is `—`. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes) || bytes < 0) return '—';
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < binaryUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? String(Math.round(value)) : trim(value)} ${binaryUnits[unit]}`;
}

/** A byte count for narrow places: `84M`, `1.2G`. */
export function formatBytesShort(bytes: number | null | undefined): string {
  const text = formatBytes(bytes);
  return text === '—' ? text : text.replace(/ (.)(iB)?$/, (_, unit: string) => unit);
}

/** Bytes per second. */
export function formatRate(bytesPerSecond: number | null | undefined): string {
  const text = formatBytes(bytesPerSecond);
  return text === '—' ? text : `${text}/s`;
}

/** A share of one, as percent: `3 %`, `0.4 %`, `104 %`. */
export function formatPercent(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return '—';
  const percent = ratio * 100;
  return `${percent > 0 && percent < 10 ? Number(percent.toFixed(1)) : Math.round(percent)} %`;
}

/** CPU in cores: `0.5 cores`, `1 core`. */
export function formatCores(cores: number): string {
  return `${Number(cores.toFixed(2))} ${cores === 1 ? 'core' : 'cores'}`;
}

const steps = [
  ['y', 31_536_000],
  ['mo', 2_592_000],
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** A span of seconds, largest unit only: `2 d`, `14 min`, `8 s`. */
export function formatSpan(seconds: number): string {
  for (const [unit, size] of steps) if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  return `${Math.max(0, Math.floor(seconds))} s`;
}

/** How long ago, in words: `just now`, `14 min ago`, `in 3 d`. */
export function formatAgo(then: Date | number, now: number = Date.now()): string {
  const seconds = (now - Number(then)) / 1000;
  // Up to a minute ahead is the difference between two clocks, not the future.
  if (seconds < 5 && seconds > -60) return 'just now';
  return seconds < 0 ? `in ${formatSpan(-seconds)}` : `${formatSpan(seconds)} ago`;
}

/** The exact moment in the reader's own zone, for tooltips. */
export function formatMoment(then: Date | number): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' }).format(then);
}

/** `3 containers`, `1 container`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${new Intl.NumberFormat('en').format(amount)} ${amount === 1 ? one : many}`;
}

/** The first twelve characters of an id, without a digest's algorithm. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

/** Reads a size people type: `512m`, `1.5 GiB`, `1048576`. Nothing when it is not one. */
export function parseBytes(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:i?b)?\s*$/i.exec(text);
  if (!match?.[1]) return null;
  const power = ['', 'k', 'm', 'g', 't', 'p'].indexOf((match[2] ?? '').toLowerCase());
  return Math.round(Number(match[1]) * 1024 ** power);
}
