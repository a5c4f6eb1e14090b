/** A stretch of text with one look. */
export interface AnsiSpan {
  text: string;
  /** CSS colour of the words, if the program chose one. */
  colour?: string;
  background?: string;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
}

type Look = Omit<AnsiSpan, 'text'>;

const names = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;
/**
 * SGR sequences (group 1) are kept for their looks; every other control sequence, and lone control characters, are
 * dropped. Built from text, because the control characters are what this is about.
 */
const sequence = new RegExp(
  [
    '\\u001b\\[([\\d;:]*)m',
    '\\u001b\\[[\\d;?]*[ -/]*[@-~]',
    '\\u001b\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)',
    '\\u001b[@-Z\\\\-_]',
    '[\\u0000-\\u0008\\u000b-\\u001a\\u001c-\\u001f]',
  ].join('|'),
  'g',
);

/** Cuts a line of a log into stretches of one look. Colours are the console's own sixteen, or the exact ones asked for. */
export function parseAnsi(line: string): AnsiSpan[] {
  const spans: AnsiSpan[] = [];
  let look: Look = {};
  let end = 0;
  const push = (text: string): void => {
    if (text) spans.push({ text, ...look });
  };
  for (const match of line.matchAll(sequence)) {
    push(line.slice(end, match.index));
    end = match.index + match[0].length;
    if (match[1] !== undefined) look = restyle(look, match[1]);
  }
  push(line.slice(end));
  return spans;
}

/** The words alone, for searching and copying. */
export function stripAnsi(line: string): string {
  return line.replace(sequence, '');
}

function restyle(before: Look, parameters: string): Look {
  const codes = parameters.split(/[;:]/).map((code) => Number(code || 0));
  let look = { ...before };
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const { colour, used } = extended(codes.slice(index + 1));
      index += used;
      if (colour) look[code === 38 ? 'colour' : 'background'] = colour;
    } else look = apply(look, code);
  }
  return look;
}

function apply(look: Look, code: number): Look {
  if (code === 0) return {};
  const next = { ...look };
  if (code === 1) next.bold = true;
  else if (code === 2) next.dim = true;
  else if (code === 3) next.italic = true;
  else if (code === 4) next.underline = true;
  else if (code === 22) {
    delete next.bold;
    delete next.dim;
  } else if (code === 23) delete next.italic;
  else if (code === 24) delete next.underline;
  else if (code === 39) delete next.colour;
  else if (code === 49) delete next.background;
  else if (code >= 30 && code <= 37) next.colour = indexed(code - 30);
  else if (code >= 90 && code <= 97) next.colour = indexed(code - 82);
  else if (code >= 40 && code <= 47) next.background = indexed(code - 40);
  else if (code >= 100 && code <= 107) next.background = indexed(code - 92);
  return next;
}

function extended(rest: number[]): { colour: string | undefined; used: number } {
  if (rest[0] === 5) return { colour: indexed(rest[1] ?? 0), used: 2 };
  if (rest[0] === 2) return { colour: `rgb(${rest[1] ?? 0} ${rest[2] ?? 0} ${rest[3] ?? 0})`, used: 4 };
  return { colour: undefined, used: 0 };
}

/** One of the 256 colours: 16 from the theme, a cube of 6×6×6, 24 greys. */
function indexed(index: number): string {
  if (index < 16) return `var(--term-${index < 8 ? '' : 'bright-'}${names[index % 8]})`;
  if (index >= 232) {
    const level = 8 + (index - 232) * 10;
    return `rgb(${level} ${level} ${level})`;
  }
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return `rgb(${level(Math.floor(cube / 36))} ${level(Math.floor(cube / 6) % 6)} ${level(cube % 6)})`;
}
