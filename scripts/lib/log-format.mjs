// berthd and the console log one JSON document per line; people on a terminal read this instead.

const levels = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
const colours = { warn: '\x1b[33m', error: '\x1b[31m', fatal: '\x1b[31m' };
/** What a log line says about itself, not about what happened. */
const ownFields = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'err', 'v']);
export const WARN = 40;

/**
 * Text that cannot steer a terminal: names of containers and answers of registries end up in logs.
 * @param {string} text
 */
export const plain = (text) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  text.replaceAll(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, (control) => {
    const code = control.charCodeAt(0).toString(16).padStart(2, '0');
    return `\\x${code}`;
  });

/** The fields of a log line, or undefined for text that is none. */
function parse(line) {
  if (!line.startsWith('{')) return undefined;
  try {
    const fields = JSON.parse(line);
    return typeof fields.level === 'number' && typeof fields.msg === 'string' ? fields : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const asText = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

function detailsOf(fields) {
  return Object.entries(fields)
    .filter(([name]) => !ownFields.has(name))
    .map(([name, value]) => ` ${name}=${asText(value)}`)
    .join('');
}

/**
 * One line of a program's output for people. Warnings and errors come with their details, errors with the stack.
 * @param {string} source who wrote it
 * @param {string} line without its end
 * @param {{ colour?: boolean, atLeast?: number }} [options] `atLeast`: lowest level that is shown (pino's numbers)
 * @returns {string | undefined} without a line end; undefined when there is nothing to show
 */
export function formatLogLine(source, line, { colour = false, atLeast = 0 } = {}) {
  const fields = parse(line);
  if (fields === undefined) return line.trim() === '' ? undefined : `  ${source.padEnd(8)} ${plain(line)}`;
  if (fields.level < atLeast) return undefined;
  const level = levels[fields.level] ?? String(fields.level);
  const time = new Date(typeof fields.time === 'number' ? fields.time : 0).toTimeString().slice(0, 8);
  const head = `  ${time} ${source.padEnd(8)} ${level.padEnd(5)} `;
  let text = plain(fields.msg);
  if (fields.level >= WARN) {
    text += plain(detailsOf(fields));
    if (fields.err !== undefined) text += errorOf(fields.err);
  }
  const paint = colour ? colours[level] : undefined;
  return paint ? `${head}${paint}${text}\x1b[0m` : `${head}${text}`;
}

function errorOf(err) {
  const stack = typeof err === 'object' && err !== null ? (err.stack ?? err.message) : err;
  return String(asText(stack) ?? '')
    .split('\n')
    .map((row, at) => (at === 0 ? `: ${plain(row)}` : `\n      ${plain(row.trim())}`))
    .join('');
}
