/** The image store: everything under `<data-root>/{content,overlay2,images.json}`. */
import type { Readable, Writable } from 'node:stream';
import { invalidParameter, notFound } from '@berth/engine-api';
import { type Archiver, createArchiver } from './archiver.ts';
import { imageHistory } from './history.ts';
import type { ImageRecord } from './image-store.ts';
import { importImage } from './import.ts';
import { loadImages } from './load.ts';
import type { Logger } from './logger.ts';
import { describeAll, describeImage, findImage, referencesOf } from './lookup.ts';
import { canonicalString, parseReference, parseTag } from './reference.ts';
import { pullImage } from './registry/pull.ts';
import { createRegistries, type Registries } from './registry/registries.ts';
import { pruneImages, removeImage } from './removal.ts';
import { saveImages } from './save.ts';
import { collectGarbage, openStore, type Store, unpackLayer } from './store.ts';
import type { Image, Images, OverlayRoot, RemovedImage } from './types.ts';

export interface ImagesOptions {
  /** Absolute; `content/`, `overlay2/` and `images.json` are made in it. */
  dataRoot: string;
  /** `packages/images/build/archiver` */
  archiverPath: string;
  logger: Logger;
  /** Hosts (`host:port`) and networks (CIDR) reached over plain HTTP or with any certificate. */
  insecureRegistries?: readonly string[];
  /** Tried before Docker Hub, in order. */
  registryMirrors?: readonly string[];
  /** Layers downloaded at the same time, over all pulls. Docker's default is 3. */
  maxConcurrentDownloads?: number;
}

class ImageService implements Images {
  readonly #store: Store;
  readonly #registries: Registries;

  constructor(options: ImagesOptions, archiver: Archiver) {
    this.#store = openStore(options.dataRoot, archiver, options.logger);
    this.#registries = createRegistries(options);
  }

  #describe(image: ImageRecord): Image {
    return describeImage(this.#store, image, referencesOf(this.#store, image.id));
  }

  async list(): Promise<Image[]> {
    return describeAll(this.#store);
  }

  async get(reference: string): Promise<Image> {
    return this.#describe(findImage(this.#store, reference));
  }

  async history(reference: string): ReturnType<Images['history']> {
    return imageHistory(this.#store, findImage(this.#store, reference));
  }

  async tag(reference: string, repository: string, tag: string): Promise<void> {
    const { domain, path, tag: inName, digest } = parseReference(repository);
    if (digest !== undefined) throw invalidParameter('refusing to create a tag with a digest reference');
    const name = canonicalString({ domain, path, tag: parseTag(tag || inName || 'latest') });
    const { id } = findImage(this.#store, reference);
    await this.#store.images.update((draft) => {
      const image = draft.images.get(id);
      if (image === undefined) throw notFound(`No such image: ${reference}`);
      draft.references.set(name, id);
      draft.images.set(id, { ...image, lastTaggedAt: new Date() });
    });
  }

  remove(reference: string, options: Parameters<Images['remove']>[1]): Promise<RemovedImage[]> {
    return removeImage(this.#store, reference, options);
  }

  prune(options: Parameters<Images['prune']>[0]): ReturnType<Images['prune']> {
    return pruneImages(this.#store, options);
  }

  async pull(reference: string, options: Parameters<Images['pull']>[1]): Promise<Image> {
    return this.#describe(await pullImage(this.#store, this.#registries, reference, options));
  }

  async load(archive: Readable, options: Parameters<Images['load']>[1]): Promise<Image[]> {
    const images = await loadImages(this.#store, archive, options);
    return images.map((image) => this.#describe(image));
  }

  save(references: string[], output: Writable, options: { signal: AbortSignal }): Promise<void> {
    return saveImages(this.#store, references, output, options);
  }

  async import(archive: Readable, options: Parameters<Images['import']>[1]): Promise<Image> {
    return this.#describe(await importImage(this.#store, archive, options));
  }

  async createContainerLayer(containerId: string, imageId: string): Promise<OverlayRoot> {
    const image = findImage(this.#store, imageId);
    return this.#store.containers.create(containerId, image.chainIds.at(-1));
  }

  async containerLayer(containerId: string): Promise<OverlayRoot> {
    return this.#store.containers.get(containerId);
  }

  async removeContainerLayer(containerId: string): Promise<void> {
    await this.#store.containers.remove(containerId);
  }

  containerLayerSize(containerId: string): Promise<number> {
    return this.#store.containers.size(containerId);
  }

  async layersSize(): Promise<number> {
    return this.#store.layers.all().reduce((sum, layer) => sum + layer.size, 0);
  }

  async reconcile(containerIds: ReadonlySet<string>): Promise<void> {
    const store = this.#store;
    await store.content.sweepIngest();
    store.layers.sweep(store.containers.keepOnly(containerIds));
    await this.#restoreLayers();
    await collectGarbage(store);
  }

  /** Layers are only ever missing after damage to the disk, and their blobs are still here. */
  async #restoreLayers(): Promise<void> {
    const signal = new AbortController().signal;
    for (const image of this.#store.images.state.images.values()) {
      try {
        for (const [at, { digest: blob }] of image.manifest.layers.entries()) {
          const diffId = image.diffIds[at];
          await unpackLayer(this.#store, { blob, parent: image.chainIds[at - 1], diffId, signal });
        }
      } catch (error) {
        this.#store.logger.error(
          { error, image: image.id },
          'a layer of the image is missing and cannot be restored',
        );
      }
    }
  }
}

/** Opens (or makes) the store; half-made things of an earlier run are removed by `reconcile`. */
export const createImages = (options: ImagesOptions): Images =>
  new ImageService(options, createArchiver(options.archiverPath));
