/** Runs the system's network programs. One process per call: callers batch. */
import { execFile } from 'node:child_process';
import { internal, unavailable } from '@berth/engine-api';

/** Where the programs come from, for a host that lacks one. */
const debianPackages = {
  ip: 'iproute2',
  'iptables-restore': 'iptables',
  'iptables-save': 'iptables',
} as const;

export type Program = keyof typeof debianPackages;

/** A root shell entered with plain `su` has no sbin folders in its PATH. Messages are read, so they are not translated. */
export const programEnvironment = {
  ...process.env,
  PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`,
  LC_ALL: 'C',
};

/** Ample for a rule set of thousands of published ports. */
const maxOutputBytes = 64 * 1024 * 1024;

/**
 * Standard output of the program.
 * @throws unavailable when the program is not installed, naming the Debian package; internal when it fails.
 */
export function runCommand(program: Program, args: readonly string[], input = ''): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = { env: programEnvironment, maxBuffer: maxOutputBytes };
  const child = execFile(program, [...args], options, (error, stdout, stderr) => {
    if (error === null) return resolve(stdout);
    if (error.code === 'ENOENT') return reject(missingProgram(program, error));
    const detail = stderr.trim() || error.message;
    reject(
      internal(`${program} ${args.join(' ')} failed: ${detail}`, { cause: error, code: 'command-failed' }),
    );
  });
  // A program that ends without reading its input is reported by its exit status, not by EPIPE.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return promise;
}

/** For the user: what to install. */
export function missingProgram(program: Program, cause: unknown): Error {
  const message = `the program "${program}" is not installed: install the Debian package ${debianPackages[program]} (apt-get install ${debianPackages[program]})`;
  return unavailable(message, { cause, code: 'program-missing' });
}
