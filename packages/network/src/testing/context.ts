/** A private engine network for one test: own folders, instance, bridge and subnet; gone afterwards. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createNetworks, type NetworksOptions, removeInstance, type SandboxRequest } from '../index.ts';
import { ask } from './peer.ts';

const peerProgram = fileURLToPath(import.meta.resolve('./peer.ts'));
const holderProgram = fileURLToPath(import.meta.resolve('./holder.ts'));

export const skipReason: string | false =
  process.getuid?.() === 0 ? false : 'network namespaces and firewall rules need root';

export async function context(extra: Partial<NetworksOptions> = {}) {
  const program = new URL('../../native', import.meta.url);
  if (!existsSync(new URL('../../build/netctl', import.meta.url)))
    run('make', '-s', '-C', fileURLToPath(program));
  const root = await mkdtemp(join(tmpdir(), 'berth-network-'));
  const instance = randomBytes(4).toString('hex');
  const third = randomInt(256);
  const warnings: string[] = [];
  const options: NetworksOptions = {
    dataRoot: join(root, 'data'),
    execRoot: join(root, 'exec'),
    instance,
    bridge: `btt${instance}`,
    bip: `10.44.${third}.1/24`,
    logger: logger(warnings),
    ...extra,
  };
  const networks = createNetworks(options);
  const children = new Set<ChildProcess>();
  const cleanUps: (() => void)[] = [];

  /** Starts a program and waits for its first line. */
  const start = async (
    command: string,
    ...args: string[]
  ): Promise<{ child: ChildProcess; line: string }> => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.add(child);
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    return { child, line: String(line) };
  };

  return {
    options,
    networks,
    warnings,
    gateway: `10.44.${third}.1`,
    address: (last: number): string => `10.44.${third}.${last}`,
    start,
    /** A server in a namespace that answers with the address of whoever calls. */
    serve: (netns: string, port: number) =>
      start('nsenter', `--net=${netns}`, process.execPath, peerProgram, 'serve', String(port)),
    /** A process that made these sandboxes with the same options. */
    hold: async (running: string[], requests: SandboxRequest[]) => {
      const { logger: _, ...plain } = options;
      return start(process.execPath, holderProgram, JSON.stringify({ options: plain, running, requests }));
    },
    /** The same, killed when the first one is made. Resolves when it is dead. */
    dieWhileMaking: async (requests: SandboxRequest[]): Promise<void> => {
      const { logger: _, ...plain } = options;
      const argument = JSON.stringify({ options: plain, running: [], requests, dies: true });
      const child = spawn(process.execPath, [holderProgram, argument], {
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      const [, signal] = await once(child, 'exit');
      if (signal !== 'SIGKILL') throw new Error('the process ended before it was killed');
    },
    /** A machine outside: a namespace behind a link of its own that routes to the host. */
    outsider: (): { netns: string; hostAddress: string } => {
      const name = `btt${instance}`;
      const hostAddress = `10.45.${third}.1`;
      run('ip', 'netns', 'add', name);
      cleanUps.push(() => run('ip', 'netns', 'delete', name));
      run('ip', 'link', 'add', `bto${instance}`, 'type', 'veth', 'peer', 'name', 'out0', 'netns', name);
      run('ip', 'addr', 'add', `${hostAddress}/24`, 'dev', `bto${instance}`);
      run('ip', 'link', 'set', `bto${instance}`, 'up');
      run('ip', '-n', name, 'addr', 'add', `10.45.${third}.2/24`, 'dev', 'out0');
      run('ip', '-n', name, 'link', 'set', 'out0', 'up');
      run('ip', '-n', name, 'route', 'add', 'default', 'via', hostAddress);
      return { netns: `/run/netns/${name}`, hostAddress };
    },
    /** Everything of this instance in the kernel and below the exec-root, the bridge and its chains left out. */
    traces: (): string[] => [
      ...readdirSync('/sys/class/net').filter((name) => name.startsWith(`bth${instance}`)),
      ...run('iptables-save', '-t', 'nat')
        .split('\n')
        .filter((line) => line.includes(instance) && line.includes('DNAT --to')),
      ...readdirSync(options.execRoot, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name)),
    ],
    [Symbol.asyncDispose]: async () => {
      for (const child of children) child.kill('SIGKILL');
      for (const cleanUp of cleanUps.reverse()) cleanUp();
      await networks.close();
      await removeInstance(options);
      await rm(root, { recursive: true, force: true });
    },
  };
}

export const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Runs a program in a namespace. */
export const runIn = (netns: string, ...command: string[]): string =>
  run('nsenter', `--net=${netns}`, ...command);

/** Asks the server at `host:port`, from inside a namespace or from the host. */
export async function askFrom(
  netns: string | undefined,
  ...[protocol, host, port, timeoutMs]: Parameters<typeof ask>
): Promise<string> {
  if (netns === undefined) return ask(protocol, host, port, timeoutMs);
  const words = [protocol, host, port, ...(timeoutMs === undefined ? [] : [timeoutMs])].map(String);
  const args = [`--net=${netns}`, process.execPath, peerProgram, 'ask', ...words];
  return (await promisify(execFile)('nsenter', args)).stdout.trim();
}

/** An address of this machine that is neither loopback nor ours. */
export const hostAddress = (): string | undefined =>
  Object.entries(networkInterfaces())
    .filter(([name]) => !name.startsWith('bt'))
    .flatMap(([, addresses]) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

function logger(warnings: string[]): NetworksOptions['logger'] {
  const ignore = (): void => undefined;
  const keep = (fields: object, message: string): void =>
    void warnings.push(`${message} ${JSON.stringify(fields)}`);
  return { debug: ignore, info: ignore, warn: keep, error: keep };
}
