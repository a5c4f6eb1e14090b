import { conflict, invalidParameter, isEngineError } from '@berth/engine-api';
import { type EngineContext, emitContainerEvent } from '../context.ts';
import type { Container } from './container.ts';
import { checkName } from './store/names.ts';

/** @throws conflict when another container has the name, in Docker's words */
export function renameContainer(context: EngineContext, container: Container, wanted: string): Promise<void> {
  return container.mutex.run(async () => {
    if (wanted === '') throw invalidParameter('Neither old nor new names may be empty');
    const name = checkName(wanted);
    const old = container.name;
    if (name === old) throw invalidParameter('Renaming a container with the same name as its current name');
    const { index } = context.store;
    reserve(() => index.reserve(name, container.id));
    container.name = name;
    try {
      await context.store.save(container);
    } catch (error) {
      container.name = old;
      index.release(name, container.id);
      throw error;
    }
    index.release(old, container.id);
    emitContainerEvent(context, container, 'rename', { oldName: `/${old}` });
  });
}

function reserve(task: () => void): void {
  try {
    task();
  } catch (error) {
    if (!isEngineError(error)) throw error;
    throw conflict(`Error when allocating new name: ${error.message}`, { cause: error });
  }
}
