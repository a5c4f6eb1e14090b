/** Which shells a running container has. */
import type { DockerClient } from '@berth/docker-client';
import { isDockerError } from '@berth/docker-client';

/** Nicest first. */
const CANDIDATES = [
  '/bin/bash',
  '/usr/bin/bash',
  '/bin/zsh',
  '/usr/bin/fish',
  '/bin/ash',
  '/bin/sh',
  '/busybox/sh',
];
const MAX_OUTPUT = 64 * 1024;

export async function findShells(
  client: DockerClient,
  id: string,
): Promise<{ path: string; name: string }[]> {
  const signal = AbortSignal.timeout(10_000);
  const found = (await viaShell(client, id, signal)) ?? (await oneByOne(client, id, signal));
  return found.map((path) => ({ path, name: path.slice(path.lastIndexOf('/') + 1) }));
}

/** One process asks for all, where there is a /bin/sh to ask. */
async function viaShell(
  client: DockerClient,
  id: string,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const script = 'for shell do [ -x "$shell" ] && echo "$shell"; done; exit 0';
  const { exitCode, output } = await run(client, id, ['/bin/sh', '-c', script, 'sh', ...CANDIDATES], signal);
  if (exitCode !== 0) return undefined;
  const lines = output.split('\n').map((line) => line.trim());
  return CANDIDATES.filter((path) => lines.includes(path));
}

async function oneByOne(client: DockerClient, id: string, signal: AbortSignal): Promise<string[]> {
  const present = await Promise.all(
    CANDIDATES.filter((path) => path !== '/bin/sh').map(async (path) => ({
      path,
      works: (await run(client, id, [path, '-c', 'exit 0'], signal)).exitCode === 0,
    })),
  );
  return present.filter(({ works }) => works).map(({ path }) => path);
}

/** A program that is not there makes the start fail, or end with 126 or 127, as the engine likes. */
async function run(
  client: DockerClient,
  id: string,
  command: string[],
  signal: AbortSignal,
): Promise<{ exitCode: number | null; output: string }> {
  const exec = await client.exec.create(
    id,
    { Cmd: command, AttachStdout: true, AttachStderr: true },
    { signal },
  );
  try {
    using session = await client.exec.start(exec, { tty: false, signal });
    let output = '';
    for await (const { stream, data } of session.output())
      if (stream === 'stdout' && output.length < MAX_OUTPUT) output += data.toString();
    const { ExitCode } = await client.exec.inspect(exec, { signal });
    return { exitCode: ExitCode, output };
  } catch (error) {
    if (isDockerError(error) && error.status !== undefined) return { exitCode: null, output: '' };
    throw error;
  }
}
