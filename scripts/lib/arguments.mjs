// The flags of `npm start`: a few are for the console, the others go to berthd as they are.
import { SetupError } from './steps.mjs';

const consoleFlags = { '--console-host': 'host', '--console-port': 'port', '--console-data': 'data' };

const splitFlag = (argument) => {
  const equals = argument.indexOf('=');
  return equals < 0 ? [argument] : [argument.slice(0, equals), argument.slice(equals + 1)];
};

/**
 * Splits our own flags from those handed to berthd.
 * @param {readonly string[]} argv
 * @throws SetupError when one of ours has no value or a wrong one
 */
export function splitArguments(argv) {
  const settings = { host: '127.0.0.1', port: '23784', data: '/var/lib/berth-console' };
  const engineFlags = [];
  for (let at = 0; at < argv.length; at++) {
    const [flag, inline] = splitFlag(argv[at]);
    const key = Object.hasOwn(consoleFlags, flag) ? consoleFlags[flag] : undefined;
    if (!key) {
      if (flag.startsWith('--console'))
        throw new SetupError(
          `Unknown flag ${flag}; the console has ${Object.keys(consoleFlags).join(', ')}.`,
        );
      engineFlags.push(argv[at]);
      continue;
    }
    const value = inline ?? argv[++at];
    if (!value) throw new SetupError(`${flag} needs a value.`);
    settings[key] = value;
  }
  const port = Number(settings.port);
  if (!/^\d+$/.test(settings.port) || port > 65_535)
    throw new SetupError(`--console-port ${settings.port}: a port is a number from 0 to 65535.`);
  return { console: settings, engineFlags };
}

/** The first unix socket berthd is told to listen on; its default without one. */
export function socketOf(engineFlags) {
  for (let at = 0; at < engineFlags.length; at++) {
    const [flag, inline] = splitFlag(engineFlags[at]);
    if (flag !== '-H' && flag !== '--host') continue;
    const host = inline ?? engineFlags[at + 1] ?? '';
    if (host.startsWith('unix://')) return host.slice('unix://'.length);
  }
  return '/run/berth/berth.sock';
}
