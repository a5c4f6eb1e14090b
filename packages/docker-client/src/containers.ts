/** Calls on containers. `ref` is an id, a unique prefix of one, or a name. */
import {
  type ContainerCreateBody,
  ContainerCreateResponse,
  ContainerInspect,
  ContainerStats,
  ContainerSummary,
  ContainerTopResponse,
  type ContainerUpdateBody,
  ContainerUpdateResponse,
  ContainerWaitResponse,
  type Filters,
  PruneReport,
} from '@berth/engine-api';
import { z } from 'zod';
import { decodeOutput, type OutputPiece } from './frames.ts';
import { jsonStream } from './json-stream.ts';
import { segment } from './path.ts';
import { createSession, type Session, type TerminalSize } from './session.ts';
import { header, isAtLeast, type Transport } from './transport.ts';

/** Every call can be given up. */
export interface Abortable {
  signal?: AbortSignal | undefined;
}

export interface LogOptions extends Abortable {
  follow?: boolean;
  /** Both are on unless told otherwise. */
  stdout?: boolean;
  stderr?: boolean;
  timestamps?: boolean;
  /** Number of last lines; all without it. */
  tail?: number;
  /** Unix seconds, with fraction, or RFC 3339. */
  since?: string | number;
  until?: string | number;
}

export interface AttachOptions extends Abortable {
  stdin?: boolean;
  /** Both are on unless told otherwise. */
  stdout?: boolean;
  stderr?: boolean;
  /** Send what was logged so far first. */
  logs?: boolean;
  detachKeys?: string;
}

interface StopOptions extends Abortable {
  /** Seconds until SIGKILL; the container's own stop timeout without it. */
  timeoutS?: number;
  stopSignal?: string;
}

export interface ContainersClient {
  list(
    options?: Abortable & { all?: boolean; limit?: number; size?: boolean; filters?: Filters },
  ): Promise<ContainerSummary[]>;
  create(
    body: ContainerCreateBody,
    options?: Abortable & { name?: string; platform?: string },
  ): Promise<ContainerCreateResponse>;
  inspect(ref: string, options?: Abortable & { size?: boolean }): Promise<ContainerInspect>;
  start(ref: string, options?: Abortable): Promise<void>;
  stop(ref: string, options?: StopOptions): Promise<void>;
  restart(ref: string, options?: StopOptions): Promise<void>;
  kill(ref: string, options?: Abortable & { killSignal?: string }): Promise<void>;
  pause(ref: string, options?: Abortable): Promise<void>;
  unpause(ref: string, options?: Abortable): Promise<void>;
  rename(ref: string, name: string, options?: Abortable): Promise<void>;
  update(ref: string, body: ContainerUpdateBody, options?: Abortable): Promise<ContainerUpdateResponse>;
  wait(
    ref: string,
    options?: Abortable & { condition?: 'not-running' | 'next-exit' | 'removed' },
  ): Promise<ContainerWaitResponse>;
  remove(ref: string, options?: Abortable & { force?: boolean; volumes?: boolean }): Promise<void>;
  prune(options?: Abortable & { filters?: Filters }): Promise<PruneReport>;
  top(ref: string, options?: Abortable & { psArgs?: string }): Promise<ContainerTopResponse>;
  /** One sample; with `oneShot` the engine does not wait for a second one to fill `precpu_stats`. */
  statsOnce(ref: string, options?: Abortable & { oneShot?: boolean }): Promise<ContainerStats>;
  /** A sample per second until the container is gone or the signal fires. */
  stats(ref: string, options?: Abortable): AsyncIterable<ContainerStats>;
  /** Log output by stream; see `logLines` for lines. */
  logs(ref: string, options?: LogOptions): AsyncIterable<OutputPiece>;
  attach(ref: string, options?: AttachOptions): Promise<Session>;
  resize(ref: string, size: TerminalSize, options?: Abortable): Promise<void>;
}

const at = (ref: string, action = ''): string => `/containers/${segment(ref)}${action}`;

export function createContainersClient(transport: Transport): ContainersClient {
  return { ...lifecycle(transport), ...queries(transport), ...streams(transport) };
}

function lifecycle(transport: Transport) {
  const post = (
    path: string,
    query: Record<string, string | number | undefined>,
    { signal }: Abortable = {},
  ) => transport.run({ method: 'POST', path, query, signal });
  return {
    create: (body, { name, platform, signal } = {}) =>
      transport.json(ContainerCreateResponse, {
        method: 'POST',
        path: '/containers/create',
        query: { name, platform },
        body,
        signal,
      }),
    start: (ref, options) => post(at(ref, '/start'), {}, options),
    stop: (ref, { timeoutS, stopSignal, signal } = {}) =>
      post(at(ref, '/stop'), { t: timeoutS, signal: stopSignal }, { signal }),
    restart: (ref, { timeoutS, stopSignal, signal } = {}) =>
      post(at(ref, '/restart'), { t: timeoutS, signal: stopSignal }, { signal }),
    kill: (ref, { killSignal, signal } = {}) => post(at(ref, '/kill'), { signal: killSignal }, { signal }),
    pause: (ref, options) => post(at(ref, '/pause'), {}, options),
    unpause: (ref, options) => post(at(ref, '/unpause'), {}, options),
    rename: (ref, name, options) => post(at(ref, '/rename'), { name }, options),
    update: (ref, body, { signal } = {}) =>
      transport.json(ContainerUpdateResponse, { method: 'POST', path: at(ref, '/update'), body, signal }),
    wait: (ref, { condition, signal } = {}) =>
      transport.json(ContainerWaitResponse, {
        method: 'POST',
        path: at(ref, '/wait'),
        query: { condition },
        signal,
      }),
    remove: (ref, { force, volumes, signal } = {}) =>
      transport.run({ method: 'DELETE', path: at(ref), query: { force, v: volumes }, signal }),
    prune: ({ filters, signal } = {}) =>
      transport.json(PruneReport, { method: 'POST', path: '/containers/prune', query: { filters }, signal }),
    resize: (ref, { rows, columns }, options) => post(at(ref, '/resize'), { h: rows, w: columns }, options),
  } satisfies Partial<ContainersClient>;
}

function queries(transport: Transport) {
  return {
    list: ({ all, limit, size, filters, signal } = {}) =>
      transport.json(z.array(ContainerSummary), {
        path: '/containers/json',
        query: { all, limit, size, filters },
        signal,
      }),
    inspect: (ref, { size, signal } = {}) =>
      transport.json(ContainerInspect, { path: at(ref, '/json'), query: { size }, signal }),
    top: (ref, { psArgs, signal } = {}) =>
      transport.json(ContainerTopResponse, { path: at(ref, '/top'), query: { ps_args: psArgs }, signal }),
    statsOnce: (ref, { oneShot, signal } = {}) =>
      transport.json(ContainerStats, {
        path: at(ref, '/stats'),
        query: { stream: false, 'one-shot': oneShot },
        signal,
      }),
  } satisfies Partial<ContainersClient>;
}

function streams(transport: Transport) {
  /** Engines before API 1.42 do not say how they send; the container's terminal decides. */
  const hasFrames = async (ref: string, signal: AbortSignal | undefined): Promise<boolean> => {
    const { Config } = await transport.json(ContainerInspect, { path: at(ref, '/json'), signal });
    return Config.Tty !== true;
  };
  return {
    async *stats(ref, { signal } = {}) {
      const response = await transport.stream({ path: at(ref, '/stats'), query: { stream: true }, signal });
      yield* jsonStream(transport.bytes(response, signal), ContainerStats);
    },
    async *logs(ref, { signal, ...options } = {}) {
      const response = await transport.stream({ path: at(ref, '/logs'), query: logsQuery(options), signal });
      const type = header(response, 'content-type') ?? '';
      const told = isAtLeast(await transport.apiVersion(), '1.42') && type.includes('vnd.docker');
      const multiplexed = told ? type.includes('multiplexed') : await hasFrames(ref, signal);
      yield* decodeOutput(transport.bytes(response, signal), multiplexed);
    },
    attach: async (ref, { signal, stdin, stdout, stderr, logs, detachKeys } = {}) => {
      const { socket, multiplexed } = await transport.hijack({
        method: 'POST',
        path: at(ref, '/attach'),
        query: { stream: true, stdin, stdout: stdout ?? true, stderr: stderr ?? true, logs, detachKeys },
        signal,
      });
      return createSession(socket, multiplexed ?? (await hasFrames(ref, signal)), (size) =>
        lifecycle(transport).resize(ref, size, {}),
      );
    },
  } satisfies Partial<ContainersClient>;
}

function logsQuery(options: Omit<LogOptions, 'signal'>) {
  const { follow, stdout = true, stderr = true, timestamps, tail, since, until } = options;
  return { follow, stdout, stderr, timestamps, tail: tail ?? 'all', since, until };
}
