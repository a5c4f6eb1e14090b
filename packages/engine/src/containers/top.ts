/** The processes of a container as `ps` of the host shows them. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type ContainerTopResponse, conflict, invalidParameter } from '@berth/engine-api';
import type { Container } from './container.ts';
import { procTop } from './proc-top.ts';

const run = promisify(execFile);
const maxOutputBytes = 16 * 1024 * 1024;
const defaultArguments = '-ef';

/** @throws conflict when it does not run, invalidParameter when `ps` refuses the arguments */
export async function containerTop(container: Container, psArgs: string): Promise<ContainerTopResponse> {
  const { process } = container;
  if (!process) throw conflict(`container ${container.id} is not running`);
  if (container.state.status === 'restarting') {
    throw conflict(`Container ${container.id} is restarting, wait until the container is running`);
  }
  const text = psArgs.trim() === '' ? defaultArguments : psArgs;
  const args = text.split(/\s+/).filter((word) => word !== '');
  const pids = new Set(await process.cgroup.pids());
  const output = await runPs(args);
  if (output !== undefined) return filterOutput(output, pids);
  if (text === defaultArguments) return procTop(pids);
  throw invalidParameter('ps: the program is not installed on the host, so it cannot take arguments');
}

/** Undefined when there is no `ps`. */
async function runPs(args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run('ps', [...args], {
      maxBuffer: maxOutputBytes,
      env: { ...process.env, LC_ALL: 'C' },
    });
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const stderr = (error as { stderr?: unknown }).stderr;
    const [line = ''] = String(stderr || (error instanceof Error ? error.message : '')).split('\n');
    throw invalidParameter(`ps: ${line}`, { cause: error });
  }
}

function filterOutput(output: string, pids: ReadonlySet<number>): ContainerTopResponse {
  const [head = '', ...lines] = output.split('\n');
  const titles = head.trim().split(/\s+/);
  const column = titles.indexOf('PID');
  if (column === -1) throw invalidParameter("Couldn't find PID field in ps output");
  const rows = lines.map((line) => splitRow(line, titles.length));
  return { Titles: titles, Processes: rows.filter((row) => pids.has(Number(row[column]))) };
}

/** The last column, the command, keeps its spaces. */
function splitRow(line: string, columns: number): string[] {
  const words = line.trim().split(/\s+/);
  return words.length <= columns
    ? words
    : [...words.slice(0, columns - 1), words.slice(columns - 1).join(' ')];
}
