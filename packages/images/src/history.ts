/** `docker history`: what the config tells about each step, with the size of the layer it made. */
import type { ImageRecord } from './image-store.ts';
import { describeImage, referencesOf } from './lookup.ts';
import type { Store } from './store.ts';
import type { Images } from './types.ts';

type HistoryItem = Awaited<ReturnType<Images['history']>>[number];

const seconds = (created: string | undefined): number =>
  created === undefined ? 0 : Math.floor(Date.parse(created) / 1000) || 0;

/** Newest first, as Docker lists it. Steps below the image itself have no id of their own. */
export const imageHistory = (store: Store, image: ImageRecord): HistoryItem[] => {
  let layer = 0;
  const items = (image.config.history ?? []).map((step): HistoryItem => {
    const chainId = step.empty_layer ? undefined : image.chainIds[layer++];
    return {
      Id: '<missing>',
      Created: seconds(step.created),
      CreatedBy: step.created_by ?? '',
      Tags: [],
      Size: chainId === undefined ? 0 : (store.layers.get(chainId)?.size ?? 0),
      Comment: step.comment ?? '',
    };
  });
  const top = items.at(-1);
  if (top !== undefined) {
    top.Id = image.id;
    top.Tags = describeImage(store, image, referencesOf(store, image.id)).repoTags;
  }
  return items.reverse();
};
