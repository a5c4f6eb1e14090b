/**
 * Dockerfile instructions that change an image's config: `docker import --change` (and commit). Grammar as in
 * the Dockerfile reference; only instructions that need no build are taken.
 */
import { invalidParameter } from '@berth/engine-api';
import type { ImageConfig } from './types.ts';

type Config = NonNullable<ImageConfig['config']>;
type Change = (config: Config, rest: string, instruction: string) => void;

/** JSON form (`["a", "b"]`), or undefined when the text is not in that form. */
const jsonForm = (rest: string): string[] | undefined => {
  if (!rest.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(rest);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
};

const command = (config: Config, rest: string): string[] =>
  jsonForm(rest) ?? [...(config.Shell ?? ['/bin/sh', '-c']), rest];

/** Words with quotes and backslashes taken off, as the Dockerfile parser splits ENV and LABEL. */
const splitWords = (text: string): string[] => {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\' && quote !== "'" && at + 1 < text.length) {
      word = (word ?? '') + text.charAt(++at);
    } else if (quote !== '' ? char === quote : char === '"' || char === "'") {
      quote = quote === '' ? char : '';
      word ??= '';
    } else if (quote === '' && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') throw invalidParameter(`unterminated quote in "${text}"`);
  if (word !== undefined) words.push(word);
  return words;
};

/** `A=1 B="two words"`, or the old `A all the rest`. */
const pairs = (rest: string, instruction: string): [string, string][] => {
  const old = /^([^\s=]+)\s+(.*)$/.exec(rest);
  if (old?.[1] !== undefined && old[2] !== undefined) return [[old[1], splitWords(old[2]).join(' ')]];
  return splitWords(rest).map((word) => {
    const equals = word.indexOf('=');
    if (equals < 1)
      throw invalidParameter(`Syntax error - can't find = in "${word}". Must be of the form: name=value`);
    if (instruction === '') throw invalidParameter('empty instruction');
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
};

const setEnv: Change = (config, rest, instruction) => {
  const env = new Map((config.Env ?? []).map((entry) => [entry.split('=', 1)[0] ?? entry, entry]));
  for (const [name, value] of pairs(rest, instruction)) env.set(name, `${name}=${value}`);
  config.Env = [...env.values()];
};

const portPattern = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/;

const expose: Change = (config, rest) => {
  config.ExposedPorts ??= {};
  for (const word of splitWords(rest)) {
    const match = portPattern.exec(word.toLowerCase());
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (!(first >= 1 && last <= 65_535 && first <= last))
      throw invalidParameter(`invalid containerPort: ${word}`);
    for (let port = first; port <= last; port++) config.ExposedPorts[`${port}/${match?.[3] ?? 'tcp'}`] = {};
  }
};

const unitsNs: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };

/** Go's duration syntax in nanoseconds. */
const durationNs = (text: string, flag: string): number => {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/gy)];
  const length = parts.reduce((sum, [whole]) => sum + whole.length, 0);
  if (parts.length === 0 || length !== text.length)
    throw invalidParameter(`invalid duration "${text}" for --${flag}`);
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitsNs[unit ?? ''] ?? 0), 0);
};

const healthFlags: Record<string, string> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};

const healthcheck: Change = (config, rest) => {
  const check: Record<string, unknown> = {};
  let text = rest;
  for (
    let flag = /^--([a-z-]+)=(\S+)\s+/.exec(text);
    flag !== null;
    flag = /^--([a-z-]+)=(\S+)\s+/.exec(text)
  ) {
    const [whole, name = '', value = ''] = flag;
    const key = healthFlags[name];
    if (key !== undefined) check[key] = durationNs(value, name);
    else if (name === 'retries' && /^\d+$/.test(value)) check.Retries = Number(value);
    else throw invalidParameter(`Unknown flag: ${name}`);
    text = text.slice(whole.length);
  }
  const [, type = '', body = ''] = /^(\S+)\s*(.*)$/.exec(text) ?? [];
  if (type.toUpperCase() === 'NONE') check.Test = ['NONE'];
  else if (type.toUpperCase() !== 'CMD')
    throw invalidParameter(`Unknown type "${type}" in HEALTHCHECK (try CMD)`);
  else {
    if (body === '') throw invalidParameter('Missing command after HEALTHCHECK CMD');
    const words = jsonForm(body);
    check.Test = words === undefined ? ['CMD-SHELL', body] : ['CMD', ...words];
  }
  config.Healthcheck = check;
};

const signalPattern = /^(?:\d{1,2}|(?:SIG)?[A-Z][A-Z0-9]*(?:[+-]\d+)?)$/;

const changes: Record<string, Change> = {
  CMD: (config, rest) => {
    config.Cmd = command(config, rest);
  },
  ENTRYPOINT: (config, rest) => {
    config.Entrypoint = command(config, rest);
  },
  ENV: setEnv,
  EXPOSE: expose,
  HEALTHCHECK: healthcheck,
  LABEL: (config, rest, instruction) => {
    config.Labels = { ...config.Labels, ...Object.fromEntries(pairs(rest, instruction)) };
  },
  ONBUILD: (config, rest) => {
    const triggers = (config as { OnBuild?: string[] }).OnBuild ?? [];
    Object.assign(config, { OnBuild: [...triggers, rest] });
  },
  STOPSIGNAL: (config, rest) => {
    if (!signalPattern.test(rest.toUpperCase())) throw invalidParameter(`Invalid signal: ${rest}`);
    config.StopSignal = rest;
  },
  USER: (config, rest) => {
    config.User = rest;
  },
  VOLUME: (config, rest) => {
    const paths = jsonForm(rest) ?? splitWords(rest);
    config.Volumes = { ...config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) };
  },
  WORKDIR: (config, rest) => {
    config.WorkingDir = rest.startsWith('/') ? rest : `${config.WorkingDir ?? ''}/${rest}`;
  },
};

/**
 * @returns a new config with the instructions applied in order
 * @throws invalidParameter naming the instruction
 */
export const applyChanges = (config: Config, instructions: readonly string[]): Config => {
  const result = structuredClone(config);
  for (const line of instructions) {
    const [, name = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*?)\s*$/.exec(line) ?? [];
    const instruction = name.toUpperCase();
    const change = changes[instruction];
    if (change === undefined) throw invalidParameter(`${name.toLowerCase()} is not a valid change command`);
    if (rest === '') throw invalidParameter(`${instruction} requires at least one argument`);
    change(result, rest, instruction);
  }
  return result;
};
