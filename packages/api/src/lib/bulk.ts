/** Does one thing to many objects, a few at a time, and reports on each. */
import { isDockerError } from '@berth/docker-client';
import type { BulkResult, ItemResult } from '../schemas/common.ts';
import { ConsoleError } from './errors.ts';

/** More in flight gains nothing on one engine and starves its other clients. */
const AT_ONCE = 16;

export async function mapLimited<In, Out>(
  items: readonly In[],
  work: (item: In) => Promise<Out>,
  atOnce: number = AT_ONCE,
): Promise<Out[]> {
  const results = new Array<Out>(items.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

export async function bulk(
  ids: readonly string[],
  nameOf: (id: string) => string,
  work: (id: string) => Promise<unknown>,
): Promise<BulkResult> {
  const results = await mapLimited([...new Set(ids)], async (id): Promise<ItemResult> => {
    try {
      await work(id);
      return { id, name: nameOf(id), ok: true, message: null };
    } catch (error) {
      // Anything but a refusal is a bug or a lost engine: that fails the whole call.
      if (!(error instanceof ConsoleError) && !(isDockerError(error) && error.status !== undefined))
        throw error;
      return { id, name: nameOf(id), ok: false, message: error.message };
    }
  });
  return { results };
}
