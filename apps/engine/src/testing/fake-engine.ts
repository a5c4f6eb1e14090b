/** A small engine in memory for tests of the HTTP edge: one container "web" that echoes what is typed. */
import { EventEmitter, once } from 'node:events';
import { type Duplex, PassThrough, Readable } from 'node:stream';
import type { Engine } from '@berth/engine';
import {
  ContainerInspect,
  ContainerStats,
  conflict,
  type EventMessage,
  ImageInspect,
  invalidParameter,
  NetworkInspect,
  notFound,
  notModified,
  SystemInfo,
  SystemVersion,
  VolumeSummary,
} from '@berth/engine-api';
import { frame } from '../http/frame.ts';

export interface FakeEngine extends Engine {
  /** What was called, with its arguments. */
  readonly calls: [method: string, ...parameters: unknown[]][];
  emit(event: EventMessage): void;
  /** Lets every `wait` end with this exit code. */
  exit(code: number): void;
  /** Fires when a call's signal is aborted, with the method's name. */
  readonly aborted: EventEmitter;
}

export const containerId = 'c0ffee'.padEnd(64, '0');
export const lostExec = 'dead'.padEnd(64, '0');

export function createFakeEngine(options: { tty: boolean } = { tty: false }): FakeEngine {
  const calls: FakeEngine['calls'] = [];
  const events = new EventEmitter();
  const aborted = new EventEmitter();
  const exited = Promise.withResolvers<number>();
  const note = (method: string, ...parameters: unknown[]) => {
    calls.push([method, ...parameters]);
  };
  const find = (ref: string) => {
    if (ref !== 'web' && !containerId.startsWith(ref)) throw notFound(`No such container: ${ref}`);
  };
  const context = { calls, note, find, events, aborted, exited, tty: options.tty };
  return {
    calls,
    aborted,
    emit: (event) => events.emit('event', event),
    exit: exited.resolve,
    containers: fakeContainers(context),
    images: fakeImages(context),
    networks: {
      list: async () => [NetworkInspect.parse({ Id: 'n', Name: 'bridge', Driver: 'bridge', Scope: 'local' })],
      inspect: async () => NetworkInspect.parse({ Id: 'n', Name: 'bridge' }),
    },
    volumes: {
      list: async () => ({ Volumes: [], Warnings: [] }),
      inspect: async (Name) => VolumeSummary.parse({ Name }),
      create: async (body) => VolumeSummary.parse({ Name: body.Name ?? 'anonymous', Driver: 'local' }),
      remove: async (name, how) => note('volumes.remove', name, how),
      prune: async () => ({ SpaceReclaimed: 0 }),
    },
    system: fakeSystem(context),
    close: async () => undefined,
  };
}

interface Context {
  note: (method: string, ...parameters: unknown[]) => void;
  find: (ref: string) => void;
  events: EventEmitter;
  aborted: EventEmitter;
  exited: PromiseWithResolvers<number>;
  tty: boolean;
}

/** Echoes each chunk that is typed, framed unless there is a terminal; ends when stdin does. */
const echo = (tty: boolean) => async (client: Duplex) => {
  const dress = (chunk: Buffer) => (tty ? chunk : frame('stdout', chunk));
  client.write(dress(Buffer.from('ready\n')));
  for await (const chunk of client.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
    client.write(dress(chunk));
  client.end(dress(Buffer.from('bye\n')));
};

function fakeContainers({ note, find, aborted, exited, tty }: Context): Engine['containers'] {
  const change = (method: string) => async (ref: string, how?: unknown) => {
    find(ref);
    note(method, ref, how);
  };
  return {
    list: async (how) => {
      note('list', how);
      return [];
    },
    create: async (body, how) => {
      note('create', body, how);
      if (body.Image === 'missing') throw notFound('No such image: missing:latest');
      if (body.Image === 'broken') throw new TypeError('a bug');
      return { Id: containerId, Warnings: [] };
    },
    inspect: async (ref) => {
      find(ref);
      return ContainerInspect.parse({
        Id: containerId,
        Name: '/web',
        Config: { Tty: tty },
        State: { Running: true, Status: 'running' },
      });
    },
    start: async (ref) => {
      find(ref);
      throw notModified('already started');
    },
    stop: change('stop'),
    restart: change('restart'),
    kill: change('kill'),
    pause: change('pause'),
    unpause: change('unpause'),
    rename: change('rename'),
    remove: change('remove'),
    resize: change('resize'),
    update: async (ref, body) => {
      find(ref);
      note('update', body);
      return { Warnings: [] };
    },
    wait: async (ref, condition) => {
      find(ref);
      note('wait', condition);
      return { result: exited.promise.then((StatusCode) => ({ StatusCode })) };
    },
    prune: async (filters) => {
      note('prune', filters);
      return { SpaceReclaimed: 0 };
    },
    top: async () => ({ Titles: ['PID'], Processes: [['1']] }),
    logs: async (ref, query) => {
      find(ref);
      note('logs', { ...query, signal: undefined });
      const stream = query.follow
        ? new PassThrough()
        : Readable.from([frame('stdout', Buffer.from('one\n')), frame('stderr', Buffer.from('two\n'))]);
      if (stream instanceof PassThrough) stream.write(frame('stdout', Buffer.from('one\n')));
      query.signal.addEventListener('abort', () => aborted.emit('logs'));
      return { stream, multiplexed: !tty };
    },
    attach: async (ref, how) => {
      find(ref);
      note('attach', how);
      return { join: echo(tty), multiplexed: !tty };
    },
    async *stats(ref, { stream, signal }) {
      find(ref);
      try {
        do {
          yield ContainerStats.parse({ id: containerId, name: '/web' });
        } while (stream && !signal.aborted);
      } finally {
        if (signal.aborted) aborted.emit('stats');
      }
    },
    kernelLimits: async () => ({
      cgroupVersion: 2,
      cpuQuotaUs: null,
      cpuPeriodUs: 100_000,
      cpuShares: 1024,
      cpusetCpus: '0-1',
      memoryBytes: null,
      memoryReservationBytes: null,
      memorySwapBytes: null,
      pids: null,
    }),
    createExec: async (ref, body) => {
      find(ref);
      note('createExec', body);
      return { Id: 'e'.repeat(64) };
    },
    startExec: async (id, how) => {
      note('startExec', how);
      if (id === lostExec) throw notFound(`No such exec instance: ${id}`);
      if (how.consoleSize?.rows === 1)
        throw invalidParameter('exec: "nosuch": executable file not found in $PATH');
      return { join: echo(how.tty), multiplexed: !how.tty };
    },
    resizeExec: async (id, size) => note('resizeExec', id, size),
    inspectExec: async (id) => {
      throw notFound(`No such exec instance: ${id}`);
    },
  };
}

function fakeImages({ note, aborted }: Context): Engine['images'] {
  return {
    list: async () => [],
    inspect: async (ref) => {
      note('images.inspect', ref);
      return ImageInspect.parse({ Id: `sha256:${'a'.repeat(64)}`, RepoTags: [ref] });
    },
    history: async () => [],
    remove: async (ref) => [{ Untagged: ref }],
    prune: async () => ({ SpaceReclaimed: 0 }),
    tag: async (...parameters) => note('tag', ...parameters),
    pull: async (reference, { onProgress, signal, auth }) => {
      note('pull', reference, auth);
      if (reference.startsWith('nowhere/')) throw notFound('pull access denied');
      onProgress({ status: 'Pulling from library/busybox', id: 'latest' });
      if (reference === 'breaks:latest') throw conflict('the layer is damaged');
      if (reference === 'slow:latest') {
        await once(signal, 'abort');
        aborted.emit('pull');
      }
      throw new Error('the fake holds no images');
    },
    load: async (archive, { onProgress }) => {
      let bytes = 0;
      for await (const chunk of archive as AsyncIterable<Buffer>) bytes += chunk.length;
      onProgress({ stream: `Loaded ${bytes} bytes\n` });
    },
    save: async (refs, output) => {
      if (refs.includes('missing')) throw notFound('No such image: missing:latest');
      output.end(`tar of ${refs.join(',')}`);
    },
    import: async () => `sha256:${'b'.repeat(64)}`,
  };
}

function fakeSystem({ events, aborted }: Context): Engine['system'] {
  return {
    info: async () => SystemInfo.parse({ Name: 'fake', Driver: 'overlay2', ServerVersion: '0.1.0' }),
    version: () =>
      SystemVersion.parse({
        Version: '0.1.0',
        ApiVersion: '1.51',
        MinAPIVersion: '1.24',
        Os: 'linux',
        Arch: 'amd64',
      }),
    diskUsage: async () => ({ LayersSize: 0, Images: [], Containers: [], Volumes: [], BuildCache: [] }),
    async *events({ signal }) {
      try {
        while (!signal.aborted) {
          const [event] = await once(events, 'event', { signal });
          yield event as EventMessage;
        }
      } finally {
        aborted.emit('events');
      }
    },
    host: async () => ({
      cpus: 2,
      cpuUsage: 0.5,
      loadAverage: [1, 1, 1],
      memoryTotalBytes: 2,
      memoryAvailableBytes: 1,
      diskTotalBytes: 2,
      diskFreeBytes: 1,
      uptimeS: 1,
    }),
  };
}
