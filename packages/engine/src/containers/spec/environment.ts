/** The environment of a container's processes. */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Docker's defaults with the container's own variables over them. A variable without `=` removes the one of
 * that name.
 */
export function containerEnvironment(options: {
  hostname: string;
  terminal: boolean;
  env: readonly string[];
}): string[] {
  const base = [`PATH=${defaultPath}`, `HOSTNAME=${options.hostname}`];
  if (options.terminal) base.push('TERM=xterm');
  return overrideEnvironment(base, options.env);
}

/** `overrides` replace variables where they stand and append new ones. */
export function overrideEnvironment(base: readonly string[], overrides: readonly string[]): string[] {
  const byName = new Map(base.map((entry) => [nameOf(entry), entry]));
  for (const entry of overrides) {
    if (entry.includes('=')) byName.set(nameOf(entry), entry);
    else byName.delete(entry);
  }
  return [...byName.values()];
}

const nameOf = (entry: string): string => {
  const at = entry.indexOf('=', 1);
  return at === -1 ? entry : entry.slice(0, at);
};
