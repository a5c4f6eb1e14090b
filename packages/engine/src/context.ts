/** What every part of the engine works with. */
import type { Images } from '@berth/images';
import type { Networks } from '@berth/network';
import type { Runtime } from '@berth/runtime';
import type { Volumes } from '@berth/volumes';
import type { EngineConfig } from './config.ts';
import type { Container } from './containers/container.ts';
import type { SpecDefaults } from './containers/spec/build.ts';
import type { ContainerStore } from './containers/store/store.ts';
import type { EventBus } from './events/bus.ts';
import type { BackgroundTasks } from './util/background-tasks.ts';
import type { Logger } from './util/logger.ts';

export interface EngineContext {
  readonly runtime: Runtime;
  readonly images: Images;
  readonly networks: Networks;
  readonly volumes: Volumes;
  readonly store: ContainerStore;
  readonly events: EventBus;
  readonly logger: Logger;
  readonly config: EngineConfig;
  readonly specDefaults: SpecDefaults;
  readonly instance: string;
  readonly dataRoot: string;
  readonly background: BackgroundTasks;
  /** The daemon is going: nothing is restarted any more. */
  closing: boolean;
}

/** Docker's attributes of a container's events: its labels, image and name, and what belongs to the event. */
export function emitContainerEvent(
  context: EngineContext,
  container: Container,
  action: string,
  extra: Record<string, string> = {},
): void {
  context.events.emit('container', action, container.id, {
    ...container.config.Labels,
    ...extra,
    image: container.config.Image ?? '',
    name: container.name,
  });
}
