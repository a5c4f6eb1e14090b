/** Brings memory and kernel together when the daemon starts: what runs is taken over, what ended is handled. */
import type { ContainerProcess, ExitStatus } from '@berth/runtime';
import type { EngineContext } from '../../context.ts';
import type { Container } from '../container.ts';
import { isActive } from '../state.ts';
import type { Lifecycle } from './lifecycle.ts';
import { shouldRestart } from './restart-policy.ts';

/** Docker's exit code for a container nobody knows the end of (the host was rebooted, say). */
const lostExitCode = 255;

/** Containers that are to be started by their policy are started in the background; the rest is done when this resolves. */
export async function reconcile(context: EngineContext, lifecycle: Lifecycle): Promise<void> {
  const containers = [...context.store.index.values()];
  const ids = new Set(containers.map(({ id }) => id));
  const known = new Set(await context.runtime.list());
  // Sandboxes first: taking over a container asks for its addresses.
  await Promise.all([context.networks.start(ids), context.images.reconcile(ids)]);
  await Promise.all(
    containers.map(async (container) => {
      try {
        await reconcileOne(context, lifecycle, container, known);
      } catch (error) {
        context.logger.error({ containerId: container.id, err: error }, 'cannot take over the container');
      }
    }),
  );
  await Promise.all(
    [...known]
      .filter((id) => !ids.has(id))
      .map((id) =>
        context.background.run('remove a leftover of an earlier daemon', { containerId: id }, () =>
          removeOrphan(context, id),
        ),
      ),
  );
}

async function reconcileOne(
  context: EngineContext,
  lifecycle: Lifecycle,
  container: Container,
  known: ReadonlySet<string>,
): Promise<void> {
  const wasActive = isActive(container.state);
  const found =
    wasActive || known.has(container.id) ? await context.runtime.reconnect(container.id) : undefined;
  if (found && isProcess(found)) {
    adopt(context, lifecycle, container, found);
    return;
  }
  if (found || wasActive) {
    // So that its end gives the network back.
    container.sandbox = context.networks.sandbox(container.id);
    if (!wasActive) container.state.status = 'running';
    await lifecycle.exitedMeanwhile(container, found ?? lost());
    return;
  }
  // Of a start that was cut off before there was a process.
  await context.networks.removeSandbox(container.id);
  await restartByPolicy(context, lifecycle, container);
}

function adopt(
  context: EngineContext,
  lifecycle: Lifecycle,
  container: Container,
  process: ContainerProcess,
): void {
  const { state } = container;
  if (!isActive(state)) state.status = 'running';
  state.startedAt ??= process.startedAt;
  container.sandbox = context.networks.sandbox(container.id);
  lifecycle.adopt(container, process);
}

/** It waited for its restart, or was not running and its policy says that it should. */
async function restartByPolicy(
  _context: EngineContext,
  lifecycle: Lifecycle,
  container: Container,
): Promise<void> {
  const { state } = container;
  const waited = state.status === 'restarting';
  if (waited) state.status = 'exited';
  // A removal that was interrupted left a container that nobody can use.
  if (state.status === 'removing') state.status = 'dead';
  if (state.status === 'dead' || (state.status === 'exited' && container.hostConfig.AutoRemove)) {
    await lifecycle.remove(container, { force: true, volumes: container.hostConfig.AutoRemove ?? false });
    return;
  }
  const wanted = shouldRestart(container.hostConfig.RestartPolicy, {
    exitCode: state.exitCode,
    restartCount: container.restartCount,
    manuallyStopped: container.manuallyStopped,
    daemonStart: true,
  });
  if (!wanted || (state.status === 'created' && !state.startedAt)) return;
  void lifecycle.startByPolicy(container);
}

async function removeOrphan(context: EngineContext, id: string): Promise<void> {
  const found = await context.runtime.reconnect(id);
  if (found && isProcess(found)) {
    using process = found;
    await process.signal(9);
    await process.exited;
  }
  await context.runtime.remove(id);
}

const isProcess = (found: ContainerProcess | ExitStatus): found is ContainerProcess => 'pid' in found;

const lost = (): ExitStatus => ({ exitCode: lostExitCode, exitedAt: new Date(), oomKilled: false });
