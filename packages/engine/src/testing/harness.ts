/** An engine on fakes in a directory of its own; disposing it removes everything. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerCreateBody, ContainerInspect, EventMessage } from '@berth/engine-api';
import { createEngine } from '../create-engine.ts';
import type { Engine } from '../types.ts';
import type { Logger } from '../util/logger.ts';
import { FakeRuntime, fakeImages, fakeNetworks, fakeVolumes } from './fakes.ts';

export interface Harness extends AsyncDisposable {
  engine: Engine;
  runtime: FakeRuntime;
  images: ReturnType<typeof fakeImages>;
  networks: ReturnType<typeof fakeNetworks>;
  volumes: ReturnType<typeof fakeVolumes>;
  dataRoot: string;
  /** Errors that were only logged. */
  logged: string[];
  create(body?: ContainerCreateBody, name?: string): Promise<string>;
  start(id: string): Promise<void>;
  inspect(reference: string): Promise<ContainerInspect>;
  /** Every event so far. */
  events(): Promise<EventMessage[]>;
}

/** @param dataRoot of an earlier harness, to play a restart of the daemon */
export async function createHarness(dataRoot?: string, runtime = new FakeRuntime()): Promise<Harness> {
  const root = dataRoot ?? (await mkdtemp(join(tmpdir(), 'berth-engine-')));
  const logged: string[] = [];
  const images = fakeImages();
  const networks = fakeNetworks();
  const volumes = fakeVolumes();
  const engine = await createEngine({
    runtime,
    images,
    networks,
    volumes,
    dataRoot: root,
    execRoot: root,
    instance: '01234567',
    config: {},
    logger: collectErrors(logged),
  });
  return {
    engine,
    runtime,
    images,
    networks,
    volumes,
    dataRoot: root,
    logged,
    create: async (body = {}, name) => {
      const wanted = { Image: 'busybox', ...body };
      return (await engine.containers.create(wanted, { name, platform: undefined })).Id;
    },
    start: (id) => engine.containers.start(id, { detachKeys: undefined }),
    inspect: (reference) => engine.containers.inspect(reference, { size: false }),
    events: async () => collect(engine),
    [Symbol.asyncDispose]: async () => {
      await engine.close({ stopContainers: false });
      await rm(root, { recursive: true, force: true });
    },
  };
}

function collectErrors(logged: string[]): Logger {
  const ignore = (): void => {};
  const keep = (fields: object, message: string): void => {
    logged.push(`${message} ${'err' in fields ? String(fields.err) : ''}`);
  };
  return { debug: ignore, info: ignore, warn: ignore, error: keep };
}

async function collect(engine: Engine): Promise<EventMessage[]> {
  const events: EventMessage[] = [];
  const past = engine.system.events({
    since: new Date(0),
    until: new Date(Date.now() + 1),
    filters: {},
    signal: new AbortController().signal,
  });
  for await (const event of past) events.push(event);
  return events;
}
