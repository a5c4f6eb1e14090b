/** The engine's event stream and the container table, shared by every browser. */
import type { DockerClient } from '@berth/docker-client';
import type { EventMessage } from '@berth/engine-api';
import { mapLimited } from '../lib/bulk.ts';
import { createSharedSource, type SharedSource } from '../lib/shared-source.ts';
import type { ContainerRow } from '../schemas/containers.ts';
import type { ContainersUpdate } from '../schemas/live.ts';
import { toRow } from './container-row.ts';

export type HubMessage =
  | { type: 'connected' }
  | { type: 'event'; event: EventMessage }
  | { type: 'down'; message: string };

export interface Hub {
  readonly events: SharedSource<HubMessage>;
  readonly containers: SharedSource<ContainersUpdate>;
  /** Last known rows while somebody listens; `null` before the first answer. */
  rows(): ContainerRow[] | null;
  /** Whether these summaries' containers were killed for memory. */
  oomKilled(ids: readonly string[]): Promise<Set<string>>;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'The engine closed the connection.';

/** Past events asked for when connecting, so none falls between the list and the stream. */
const OVERLAP_S = 2;
/** One list of everything is cheaper than this many single ones. */
const LIST_ALL_FROM = 6;
const MAX_OOM_CHECKS = 200;
/** After these the row may look different. */
const CHANGES = /^(create|start|die|stop|kill|pause|unpause|rename|update|oom|restart|health_status)/;

export function createHub(client: DockerClient): Hub {
  const events = createSharedSource<HubMessage>({
    async produce(emit, signal) {
      const { SystemTime } = await client.system.info({ signal });
      const engineNowS = Math.floor((Date.parse(SystemTime) || Date.now()) / 1000);
      emit({ type: 'connected' });
      for await (const event of client.system.events({ since: engineNowS - OVERLAP_S, signal }))
        emit({ type: 'event', event });
    },
    broken: (error) => ({ type: 'down', message: messageOf(error) }),
  });
  const oom = createOomMemory(client);
  const table = createTable(client, events, oom);
  return { events, containers: table.source, rows: table.rows, oomKilled: oom.check };
}

/** Exit code 137 means SIGKILL; only inspect tells whether the kernel sent it for memory. */
function createOomMemory(client: DockerClient) {
  const known = new Map<string, boolean>();
  return {
    forget: (id: string) => known.delete(id),
    mark: (id: string) => known.set(id, true),
    get: (id: string) => known.get(id) === true,
    async check(ids: readonly string[]): Promise<Set<string>> {
      const unknown = ids.filter((id) => !known.has(id)).slice(0, MAX_OOM_CHECKS);
      await mapLimited(unknown, async (id) => {
        // Gone in the meantime: nothing to colour.
        const inspect = await client.containers.inspect(id).catch(() => undefined);
        known.set(id, inspect?.State.OOMKilled ?? false);
      });
      return new Set(ids.filter((id) => known.get(id)));
    },
  };
}

function createTable(
  client: DockerClient,
  events: SharedSource<HubMessage>,
  oom: ReturnType<typeof createOomMemory>,
) {
  let rows: Map<string, ContainerRow> | null = null;

  async function listRows(ids: readonly string[] | undefined, signal: AbortSignal): Promise<ContainerRow[]> {
    const summaries = await client.containers.list({
      all: true,
      signal,
      ...(ids ? { filters: { id: [...ids] } } : {}),
    });
    const killed = summaries.filter((each) => each.Status.startsWith('Exited (137)')).map((each) => each.Id);
    await oom.check(killed);
    const now = Date.now();
    return summaries.map((summary) => toRow(summary, oom.get(summary.Id), now));
  }

  const source = createSharedSource<ContainersUpdate>({
    async produce(emit, signal) {
      const dirty = new Set<string>();
      let everything = true;
      let wake = () => {};
      const unsubscribe = events.subscribe((message) => {
        if (message.type === 'connected') everything = true;
        else if (message.type === 'down') emit({ type: 'offline', message: message.message });
        else if (message.event.Type === 'container') noteEvent(message.event, dirty, emit);
        else if (message.event.Type === 'network' && message.event.Actor.Attributes.container)
          dirty.add(message.event.Actor.Attributes.container);
        wake();
      });
      signal.addEventListener('abort', () => wake(), { once: true });
      try {
        while (!signal.aborted) {
          if (everything) {
            everything = false;
            dirty.clear();
            const listed = await listRows(undefined, signal);
            rows = new Map(listed.map((row) => [row.id, row]));
            emit({ type: 'snapshot', rows: listed });
          } else if (dirty.size > 0) {
            await refresh([...dirty], dirty, emit, signal);
          } else {
            const { promise, resolve } = Promise.withResolvers<void>();
            wake = resolve;
            await promise;
          }
        }
      } finally {
        unsubscribe();
      }
    },
    broken: (error) => ({ type: 'offline', message: messageOf(error) }),
    idle: () => {
      rows = null;
    },
  });

  function noteEvent(event: EventMessage, dirty: Set<string>, emit: (update: ContainersUpdate) => void) {
    const id = event.Actor.ID;
    if (event.Action === 'oom') oom.mark(id);
    if (event.Action === 'start') oom.forget(id);
    if (event.Action === 'destroy') {
      dirty.delete(id);
      oom.forget(id);
      if (rows?.delete(id)) emit({ type: 'remove', id });
    } else if (CHANGES.test(event.Action)) dirty.add(id);
  }

  async function refresh(
    ids: string[],
    dirty: Set<string>,
    emit: (update: ContainersUpdate) => void,
    signal: AbortSignal,
  ) {
    dirty.clear();
    const wanted = new Set(ids);
    const listed = await listRows(ids.length < LIST_ALL_FROM ? ids : undefined, signal);
    const found = new Set<string>();
    for (const row of listed) {
      if (!wanted.has(row.id)) continue;
      found.add(row.id);
      rows?.set(row.id, row);
      emit({ type: 'upsert', row });
    }
    for (const id of ids) if (!found.has(id) && rows?.delete(id)) emit({ type: 'remove', id });
  }

  return { source, rows: () => (rows ? [...rows.values()] : null) };
}
