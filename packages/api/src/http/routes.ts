/** The plain HTTP routes beside tRPC: what is a file, not a value. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { logLines } from '@berth/docker-client';
import type { RequestFacts } from '../context.ts';
import { ConsoleError } from '../lib/errors.ts';
import { EnvironmentId, Reference } from '../schemas/common.ts';
import type { SessionInfo } from '../services/guard.ts';
import type { Joined } from '../services/index.ts';

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  facts: RequestFacts;
  session: SessionInfo;
  environment: string;
  /** What `(…)` of the pattern caught after the environment. */
  rest: string[];
}

interface Route {
  method: 'GET' | 'POST';
  pattern: RegExp;
  /** Changes something: needs an Origin header. */
  changes: boolean;
  run(call: Call, joined: Joined): Promise<void>;
}

/** Every one needs a session; the caller has checked it. */
export const routes: readonly Route[] = [
  {
    method: 'GET',
    pattern: /^\/api\/environments\/([^/]+)\/containers\/([^/]+)\/logs\.txt$/,
    changes: false,
    run: downloadLogs,
  },
  { method: 'POST', pattern: /^\/api\/environments\/([^/]+)\/images\/load$/, changes: true, run: loadImages },
];

/** The path's parts, decoded and checked. */
export function parsePath(route: Route, path: string): { environment: string; rest: string[] } | undefined {
  const match = route.pattern.exec(path);
  if (!match) return undefined;
  const [environment = '', ...rest] = match.slice(1).map((part) => decode(part));
  const parsed = EnvironmentId.safeParse(environment);
  if (!parsed.success) throw new ConsoleError('invalid', 'This is not an environment id.');
  return { environment: parsed.data, rest };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ConsoleError('invalid', 'The address is not well formed.');
  }
}

/** `?timestamps=1` writes the engine's time before each line; `since`, `until` in milliseconds. */
async function downloadLogs(
  { response, url, environment, rest }: Call,
  { environments }: Joined,
): Promise<void> {
  const id = Reference.safeParse(rest[0] ?? '');
  if (!id.success) throw new ConsoleError('invalid', 'This is not a container name or id.');
  const client = await environments.client(environment);
  const timestamps = url.searchParams.get('timestamps') === '1';
  const stop = new AbortController();
  response.once('close', () => stop.abort());
  const { Name, Id } = await client.containers.inspect(id.data, { signal: stop.signal });
  response.writeHead(200, {
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': `attachment; filename="${Name.replaceAll(/[^\w.-]/g, '')}.log"`,
    'cache-control': 'no-store',
  });
  const pieces = client.containers.logs(Id, {
    timestamps,
    signal: stop.signal,
    ...timeOption(url, 'since'),
    ...timeOption(url, 'until'),
  });
  let text = '';
  for await (const line of logLines(pieces, { timestamps: false })) {
    text += `${line.text}\n`;
    if (text.length < 64 * 1024) continue;
    if (!response.write(text)) await once(response, 'drain', { signal: stop.signal });
    text = '';
  }
  response.end(text);
}

function timeOption(url: URL, name: 'since' | 'until'): { since?: number; until?: number } {
  const value = url.searchParams.get(name);
  if (value === null) return {};
  const ms = Number(value);
  if (!Number.isFinite(ms) || ms < 0)
    throw new ConsoleError('invalid', `“${name}” is a time in milliseconds.`);
  return { [name]: ms / 1000 };
}

/**
 * The body is the archive itself; it goes to the engine as it arrives. Answers when the job has ended, because a
 * browser may stop sending once it has an answer; the job shows in the tray from the first byte.
 */
async function loadImages(call: Call, { services }: Joined): Promise<void> {
  const { request, response, url, environment, session, facts } = call;
  const fileName = (url.searchParams.get('name') ?? 'archive').slice(0, 200);
  const length = Number(request.headers['content-length']);
  let error: Error | null = null;
  try {
    const { jobId, done } = await services.jobs.load(environment, request, {
      startedBy: session.user.username,
      fileName,
      sizeBytes: Number.isFinite(length) ? length : null,
    });
    await done;
    const job = await services.jobs.get(jobId);
    if (job.state === 'failed') error = new Error(job.error ?? 'failed');
    if (!response.destroyed)
      sendJson(response, job.state === 'failed' ? 422 : 200, { jobId, state: job.state, error: job.error });
  } catch (cause) {
    error = cause instanceof Error ? cause : new Error(String(cause));
    throw error;
  } finally {
    const input = { environment, name: fileName };
    await services.audit.record({ action: 'image.load', input, request: facts, session, error });
  }
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify(body));
}
