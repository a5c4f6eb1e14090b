/** What is measured: each workload does its work once against one engine and answers with one figure. */
import { execFile } from 'node:child_process';
import { type Agent, request } from 'node:http';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Target {
  name: string;
  socketPath: string;
  agent: Agent;
}

export interface Workload {
  title: string;
  unit: 'ms';
  rounds: number;
  measure(target: Target): Promise<number>;
}

interface Reply {
  status: number;
  body: Buffer;
}

/** A bare API call over a kept-alive connection, the same for both engines. */
export function call(target: Target, method: string, path: string, json?: unknown): Promise<Reply> {
  const payload = json === undefined ? undefined : JSON.stringify(json);
  const headers = payload
    ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
    : {};
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath: target.socketPath, agent: target.agent, method, path, headers },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () => {
          const status = answer.statusCode ?? 0;
          const body = Buffer.concat(chunks);
          if (status >= 400) reject(new Error(`${target.name}: ${method} ${path}: ${status} ${body}`));
          else resolve({ status, body });
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.end(payload);
  });
}

async function create(target: Target, body: object): Promise<string> {
  const { body: answer } = await call(target, 'POST', '/containers/create', { Image: 'busybox', ...body });
  return (JSON.parse(answer.toString()) as { Id: string }).Id;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const startAndWait = async (target: Target, id: string) => {
  const waiting = call(target, 'POST', `/containers/${id}/wait?condition=next-exit`);
  await call(target, 'POST', `/containers/${id}/start`);
  await waiting;
};

const apiRun = (title: string, NetworkMode: string): Workload => ({
  title,
  unit: 'ms',
  rounds: 21,
  measure: (target) =>
    timed(async () => {
      const id = await create(target, { Cmd: ['true'], HostConfig: { NetworkMode } });
      await startAndWait(target, id);
      await call(target, 'DELETE', `/containers/${id}`);
    }),
});

const cli = (target: Target, ...args: string[]) =>
  run(process.env.DOCKER_CLI ?? 'docker', ['-H', `unix://${target.socketPath}`, ...args]);

async function withIdle<T>(target: Target, work: (id: string) => Promise<T>): Promise<T> {
  const id = await create(target, { Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'none' } });
  try {
    await call(target, 'POST', `/containers/${id}/start`);
    return await work(id);
  } finally {
    await call(target, 'DELETE', `/containers/${id}?force=1`);
  }
}

async function apiExec(target: Target, id: string): Promise<void> {
  const made = await call(target, 'POST', `/containers/${id}/exec`, { Cmd: ['true'], AttachStdout: true });
  const exec = (JSON.parse(made.body.toString()) as { Id: string }).Id;
  await call(target, 'POST', `/exec/${exec}/start`, { Detach: false, Tty: false });
  await call(target, 'GET', `/exec/${exec}/json`);
}

const fifty = Array.from({ length: 50 }, (_, index) => index);

/** Creates fifty containers, then times either starting or removing them, all at once. */
async function fiftyContainers(target: Target, timedPart: 'start' | 'remove'): Promise<number> {
  const ids = await Promise.all(fifty.map(() => create(target, { Cmd: ['sleep', '1000'] })));
  const starting = await timed(() =>
    Promise.all(ids.map((id) => call(target, 'POST', `/containers/${id}/start`))),
  );
  const removing = await timed(() =>
    Promise.all(ids.map((id) => call(target, 'DELETE', `/containers/${id}?force=1`))),
  );
  return timedPart === 'start' ? starting : removing;
}

const lines = 300_000;

async function logLines(target: Target, timedPart: 'write' | 'read'): Promise<number> {
  const id = await create(target, { Cmd: ['seq', String(lines)], HostConfig: { NetworkMode: 'none' } });
  const writing = await timed(() => startAndWait(target, id));
  let bytes = 0;
  const reading = await timed(async () => {
    bytes = (await call(target, 'GET', `/containers/${id}/logs?stdout=1&stderr=1`)).body.length;
  });
  await call(target, 'DELETE', `/containers/${id}`);
  if (bytes < lines * 9) throw new Error(`${target.name}: only ${bytes} bytes of log came back`);
  return timedPart === 'write' ? writing : reading;
}

export const workloads: Workload[] = [
  apiRun('API create + start + wait + remove, bridge network', 'bridge'),
  apiRun('API create + start + wait + remove, no network', 'none'),
  {
    title: 'CLI run --rm busybox true, bridge network',
    unit: 'ms',
    rounds: 15,
    measure: (target) => timed(() => cli(target, 'run', '--rm', 'busybox', 'true')),
  },
  {
    title: 'CLI run --rm --network none busybox true',
    unit: 'ms',
    rounds: 15,
    measure: (target) => timed(() => cli(target, 'run', '--rm', '--network', 'none', 'busybox', 'true')),
  },
  {
    title: 'API exec true (create, start, read, inspect)',
    unit: 'ms',
    rounds: 9,
    measure: (target) =>
      withIdle(target, async (id) => {
        await apiExec(target, id);
        return (
          (await timed(async () => {
            for (let i = 0; i < 5; i++) await apiExec(target, id);
          })) / 5
        );
      }),
  },
  {
    title: 'CLI exec true',
    unit: 'ms',
    rounds: 9,
    measure: (target) => withIdle(target, (id) => timed(() => cli(target, 'exec', id, 'true'))),
  },
  {
    title: '50 parallel starts, bridge network',
    unit: 'ms',
    rounds: 3,
    measure: (target) => fiftyContainers(target, 'start'),
  },
  {
    title: 'removing 50 running containers at once',
    unit: 'ms',
    rounds: 3,
    measure: (target) => fiftyContainers(target, 'remove'),
  },
  {
    title: '300,000 log lines written',
    unit: 'ms',
    rounds: 7,
    measure: (target) => logLines(target, 'write'),
  },
  {
    title: '300,000 log lines read back',
    unit: 'ms',
    rounds: 7,
    measure: (target) => logLines(target, 'read'),
  },
];
