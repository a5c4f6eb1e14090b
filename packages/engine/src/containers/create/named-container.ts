/** Other containers that a create request names. */
import { invalidParameter } from '@berth/engine-api';
import type { EngineContext } from '../../context.ts';
import type { Container } from '../container.ts';

/**
 * @throws invalidParameter when there is none: `docker run` takes a 404 of a create request for a missing image, pulls
 * it, and the user never reads what is wrong
 */
export function namedContainer(context: EngineContext, reference: string): Container {
  try {
    return context.store.index.get(reference);
  } catch (error) {
    throw invalidParameter(error instanceof Error ? error.message : `No such container: ${reference}`);
  }
}
