/** Containers as the HTTP edge asks for them: finds the container, hands over to the part that does the work. */
import { conflict, invalidParameter, type KernelLimits } from '@berth/engine-api';
import { attachContainer } from '../attach/attach.ts';
import type { Container } from '../containers/container.ts';
import { createContainer } from '../containers/create/create.ts';
import { inspectContainer } from '../containers/inspect.ts';
import type { Lifecycle } from '../containers/lifecycle/lifecycle.ts';
import { listContainers } from '../containers/list/list.ts';
import { pruneContainers } from '../containers/prune.ts';
import { renameContainer } from '../containers/rename.ts';
import { containerTop } from '../containers/top.ts';
import { updateContainer } from '../containers/update.ts';
import { waitFor } from '../containers/wait.ts';
import { type EngineContext, emitContainerEvent } from '../context.ts';
import type { Execs } from '../exec/exec.ts';
import { containerLogs } from '../logs/container-logs.ts';
import type { StatsService } from '../stats/sampler.ts';
import type { ContainersBackend } from '../types.ts';

export interface ContainersParts {
  context: EngineContext;
  lifecycle: Lifecycle;
  execs: Execs;
  stats: StatsService;
}

export function createContainersBackend(parts: ContainersParts): ContainersBackend {
  const { context, lifecycle, execs, stats } = parts;
  const find = (reference: string): Container => context.store.index.get(reference);
  return {
    list: (options) => listContainers(context, options),
    create: (body, options) => createContainer(context, body, options),
    inspect: async (reference, options) => inspectContainer(context, find(reference), options),
    start: async (reference) => lifecycle.start(find(reference)),
    stop: async (reference, options) => lifecycle.stop(find(reference), stopOptions(options)),
    restart: async (reference, options) => lifecycle.restart(find(reference), stopOptions(options)),
    kill: async (reference, { signal }) => lifecycle.kill(find(reference), signal, reference),
    pause: async (reference) => lifecycle.pause(find(reference)),
    unpause: async (reference) => lifecycle.unpause(find(reference)),
    rename: async (reference, name) => renameContainer(context, find(reference), name),
    update: async (reference, body) => updateContainer(context, find(reference), body),
    wait: async (reference, condition, signal) => waitFor(find(reference), condition, signal),
    remove: async (reference, { force, volumes, link }) => {
      if (link) throw invalidParameter('links between containers are not supported, so none can be removed');
      await lifecycle.remove(find(reference), { force, volumes });
    },
    prune: (filters) => pruneContainers(context, lifecycle, filters),
    top: async (reference, psArgs) => containerTop(find(reference), psArgs),
    logs: async (reference, query) => containerLogs(context, find(reference), query),
    attach: async (reference, request) => attachContainer(context, find(reference), request),
    resize: async (reference, size) => resize(context, find(reference), size),
    stats: (reference, options) => stats.watch(find(reference), options),
    kernelLimits: async (reference) => kernelLimits(context, find(reference)),
    createExec: async (reference, body) => execs.create(find(reference), body),
    startExec: (id, options) => execs.start(id, options),
    resizeExec: (id, size) => execs.resize(id, size),
    inspectExec: async (id) => execs.inspect(id),
  };
}

function stopOptions(options: { timeoutS: number | undefined; signal: string | undefined }): {
  timeoutS?: number;
  signal?: string;
} {
  return {
    ...(options.timeoutS === undefined ? {} : { timeoutS: options.timeoutS }),
    ...(options.signal ? { signal: options.signal } : {}),
  };
}

/** Before the start it is remembered: clients send the size of their terminal as soon as they know it. */
async function resize(
  context: EngineContext,
  container: Container,
  size: { rows: number; columns: number },
): Promise<void> {
  container.terminalSize = size;
  if (!container.process?.terminal) return;
  await container.process.resize(size);
  emitContainerEvent(context, container, 'resize', {
    height: String(size.rows),
    width: String(size.columns),
  });
}

async function kernelLimits(context: EngineContext, container: Container): Promise<KernelLimits> {
  if (!container.process) throw conflict(`container ${container.id} is not running`);
  const limits = await container.process.cgroup.limits();
  return {
    cgroupVersion: context.runtime.cgroupVersion,
    cpuQuotaUs: limits.cpuQuotaUs ?? null,
    cpuPeriodUs: limits.cpuPeriodUs,
    cpuShares: limits.cpuShares,
    cpusetCpus: limits.cpusetCpus,
    memoryBytes: limits.memoryBytes ?? null,
    memoryReservationBytes: limits.memoryReservationBytes ?? null,
    memorySwapBytes: limits.memorySwapBytes ?? null,
    pids: limits.pids ?? null,
  };
}
