/** The command line, as Docker's daemon reads its own. */
import { keyOf, type Option, type OptionKind, options } from './options.ts';

/** Worded for the user; berthd prints it and ends with status 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface CommandLine {
  action: 'run' | 'help' | 'version';
  configFile: string | undefined;
  /** By daemon.json key, not yet validated. */
  settings: Record<string, unknown>;
}

/**
 * Reads `--flag value`, `--flag=value`, `-x value`, `-x=value` and `--switch[=bool]`; lists may be repeated.
 * @throws UsageError on anything else
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const line: CommandLine = { action: 'run', configFile: undefined, settings: {} };
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (argument === '-h' || argument === '--help') return { ...line, action: 'help' };
    if (argument === '-v' || argument === '--version') return { ...line, action: 'version' };
    const { name, inline } = splitArgument(argument);
    const option = findOption(name, argument);
    const value = inline ?? (option.kind === 'flag' ? 'true' : argv[++index]);
    if (value === undefined) throw new UsageError(`flag needs an argument: ${name}`);
    store(line, option, value);
  }
  return line;
}

function splitArgument(argument: string): { name: string; inline: string | undefined } {
  const equals = argument.indexOf('=');
  if (equals === -1) return { name: argument, inline: undefined };
  return { name: argument.slice(0, equals), inline: argument.slice(equals + 1) };
}

function findOption(name: string, argument: string): Option {
  if (!name.startsWith('-')) throw new UsageError(`unexpected argument: ${argument}\nSee "berthd --help".`);
  const option = options.find(({ flag, short }) => name === `--${flag}` || name === `-${short}`);
  if (option === undefined) throw new UsageError(`unknown flag: ${name}\nSee "berthd --help".`);
  return option;
}

function store(line: CommandLine, option: Option, text: string): void {
  const key = keyOf(option);
  if (key === null) {
    line.configFile = text;
    return;
  }
  const value = readers[option.kind](text, option);
  const before = line.settings[key];
  if (Array.isArray(before) && Array.isArray(value)) line.settings[key] = [...before, ...value];
  else if (isRecord(before) && isRecord(value)) line.settings[key] = { ...before, ...value };
  else line.settings[key] = value;
}

const readers: Record<OptionKind, (text: string, option: Option) => unknown> = {
  text: (text) => text,
  list: (text) => [text],
  flag: (text, { flag }) => {
    if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
    if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
    throw new UsageError(`invalid argument "${text}" for --${flag}: it is neither true nor false`);
  },
  integer: (text, { flag }) => {
    if (/^-?\d{1,9}$/.test(text)) return Number(text);
    throw new UsageError(`invalid argument "${text}" for --${flag}: it is not a whole number`);
  },
  pairs: (text, option) => {
    const [key, value] = splitPair(text, option);
    return { [key]: value };
  },
  ulimits: (text, option) => {
    const [name, limits] = splitPair(text, option);
    const [soft, hard = soft] = limits.split(':').map(Number);
    if (!Number.isInteger(soft) || !Number.isInteger(hard)) {
      throw new UsageError(`invalid argument "${text}" for --${option.flag}: expected name=soft:hard`);
    }
    return { [name]: { Name: name, Soft: soft, Hard: hard } };
  },
  pools: (text, option) => {
    const fields = Object.fromEntries(text.split(',').map((field) => splitPair(field, option)));
    return [{ base: fields.base, size: Number(fields.size) }];
  },
};

function splitPair(text: string, { flag }: Option): [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`invalid argument "${text}" for --${flag}: expected key=value`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
