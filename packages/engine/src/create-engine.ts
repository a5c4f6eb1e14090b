/** Joins the parts into the engine. */
import { readFile } from 'node:fs/promises';
import type { Images } from '@berth/images';
import type { Networks } from '@berth/network';
import type { Runtime } from '@berth/runtime';
import type { Volumes } from '@berth/volumes';
import { createContainersBackend } from './backends/containers.ts';
import { createImagesBackend } from './backends/images.ts';
import { createNetworksBackend } from './backends/networks.ts';
import { createVolumesBackend } from './backends/volumes.ts';
import type { EngineConfig } from './config.ts';
import { Lifecycle } from './containers/lifecycle/lifecycle.ts';
import { reconcile } from './containers/lifecycle/reconcile.ts';
import type { SpecDefaults } from './containers/spec/build.ts';
import { isActive } from './containers/state.ts';
import { openContainerStore } from './containers/store/store.ts';
import type { EngineContext } from './context.ts';
import { createEventBus } from './events/bus.ts';
import { eventMatcher } from './events/filter.ts';
import { Execs } from './exec/exec.ts';
import { ExecStore } from './exec/exec-store.ts';
import { StatsService } from './stats/sampler.ts';
import { diskUsage } from './system/disk-usage.ts';
import { HostMeter } from './system/host.ts';
import { systemInfo, systemVersion } from './system/info.ts';
import type { Engine, ImagesBackend, SystemBackend } from './types.ts';
import { BackgroundTasks } from './util/background-tasks.ts';
import type { Logger } from './util/logger.ts';

export interface EngineOptions {
  runtime: Runtime & Partial<Disposable>;
  images: Images;
  networks: Networks;
  volumes: Volumes;
  /** Absolute. */
  dataRoot: string;
  execRoot: string;
  /** Names this daemon's kernel objects. */
  instance: string;
  config: EngineConfig;
  logger: Logger;
}

/**
 * Reads the containers, takes over those that run, and answers requests from then on.
 * Starts `networks` and reconciles `images` itself, as both need the ids of the containers.
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const context = await createContext(options);
  const execStore = new ExecStore();
  const lifecycle = new Lifecycle(context, {
    onEnded: (container) => execStore.containerEnded(container),
    onRemoved: (container) => execStore.containerRemoved(container),
  });
  const execs = new Execs(context, execStore);
  const images = createImagesBackend(context);
  await reconcile(context, lifecycle);
  return {
    containers: createContainersBackend({ context, lifecycle, execs, stats: new StatsService(context) }),
    images,
    networks: createNetworksBackend(context),
    volumes: createVolumesBackend(context),
    system: createSystemBackend(context, images),
    close: async (closing) => {
      await close(context, lifecycle, closing);
      options.runtime[Symbol.dispose]?.();
    },
  };
}

async function createContext(options: EngineOptions): Promise<EngineContext> {
  const { config, logger, execRoot: _, ...parts } = options;
  return {
    ...parts,
    config,
    logger,
    store: await openContainerStore(options.dataRoot, logger),
    events: createEventBus(),
    background: new BackgroundTasks(logger),
    specDefaults: await specDefaults(config),
    closing: false,
  };
}

async function specDefaults(config: EngineConfig): Promise<SpecDefaults> {
  const profile = config.seccompProfile;
  const named = profile === undefined || profile === '' || profile === 'builtin' || profile === 'unconfined';
  return {
    ulimits: config.defaultUlimits ?? {},
    noNewPrivileges: config.noNewPrivileges ?? false,
    seccomp: named ? profile : await readFile(profile, 'utf8'),
  };
}

function createSystemBackend(context: EngineContext, images: ImagesBackend): SystemBackend {
  const meter = new HostMeter(context.dataRoot);
  return {
    info: () => systemInfo(context),
    version: () => systemVersion(context),
    diskUsage: (types) => diskUsage(context, images, types),
    events: ({ since, until, filters, signal }) =>
      context.events.subscribe({ since, until, matches: eventMatcher(filters), signal }),
    host: () => meter.read(),
  };
}

async function close(
  context: EngineContext,
  lifecycle: Lifecycle,
  options: { stopContainers: boolean },
): Promise<void> {
  context.closing = true;
  const containers = [...context.store.index.values()];
  for (const container of containers) clearTimeout(container.restartTimer);
  if (options.stopContainers) {
    await Promise.all(
      containers
        .filter(({ state }) => isActive(state))
        .map((container) =>
          context.background.run('stop a container', { containerId: container.id }, () =>
            lifecycle.stopForShutdown(container),
          ),
        ),
    );
  }
  await lifecycle.settled();
  // What still runs goes on without this daemon; the next one finds it.
  for (const container of context.store.index.values()) lifecycle.letGo(container);
  await context.background.idle();
  await context.networks.close();
}
