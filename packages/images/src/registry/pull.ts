/** `docker pull`: layers are downloaded side by side and unpacked in order as they arrive. */
import { invalidParameter, isEngineError, notFound } from '@berth/engine-api';
import { type Digest, shortId } from '../digest.ts';
import { type ImageRecord, imageRecord } from '../image-store.ts';
import type { Lease } from '../leases.ts';
import {
  type Descriptor,
  documentKind,
  isImageManifest,
  type Manifest,
  maxConfigBytes,
  parseIndex,
  parseManifest,
} from '../oci.ts';
import { choosePlatform, formatPlatform, parsePlatform, runsOn } from '../platform.ts';
import { throttled } from '../progress.ts';
import {
  canonicalString,
  familiarString,
  nameOf,
  parseReference,
  type Reference,
  withDefaultTag,
} from '../reference.ts';
import { collectGarbage, commitImage, type Store, unpackLayer } from '../store.ts';
import type { Images, OnProgress } from '../types.ts';
import { RegistryClient } from './client.ts';
import { ConnectionError, HttpClient } from './http.ts';
import type { Registries } from './registries.ts';

type PullOptions = Parameters<Images['pull']>[1];

interface Pull {
  store: Store;
  registries: Registries;
  reference: Reference;
  lease: Lease;
  platform: string | undefined;
  signal: AbortSignal;
  onProgress: OnProgress;
}

interface Resolved {
  manifestData: Buffer;
  manifest: Manifest;
  manifestDigest: Digest;
  /** Of what the reference itself names: the index, where there is one. */
  topDigest: Digest;
}

/** @throws notFound, unauthorized, unavailable in Docker's words; then nothing of the pull is left */
export const pullImage = async (
  store: Store,
  registries: Registries,
  text: string,
  options: PullOptions,
): Promise<ImageRecord> => {
  const reference = withDefaultTag(parseReference(text));
  parsePlatform(options.platform);
  const lease = store.leases.take();
  const { signal, onProgress, platform } = options;
  const pull: Pull = { store, registries, reference, lease, platform, signal, onProgress };
  try {
    return await fromSomeEndpoint(pull, options);
  } finally {
    lease[Symbol.dispose]();
    await collectGarbage(store, lease.digests);
  }
};

const fromSomeEndpoint = async (pull: Pull, { auth, signal }: PullOptions): Promise<ImageRecord> => {
  const { reference, registries } = pull;
  const endpoints = registries.endpoints(reference.domain);
  let failure: unknown;
  for (const endpoint of endpoints) {
    await using http = new HttpClient({ insecure: endpoint.insecure });
    const client = new RegistryClient({
      http,
      endpoint,
      reference,
      signal,
      // Credentials are for the registry, not for somebody's mirror of it.
      auth: endpoint.isMirror ? undefined : auth,
    });
    try {
      const resolved = await resolve(pull, client);
      registries.prefer(reference.domain, endpoint);
      return await fetchImage(pull, client, resolved);
    } catch (error) {
      signal.throwIfAborted();
      const mayHelp = error instanceof ConnectionError || (endpoint.isMirror && isEngineError(error));
      if (!mayHelp) throw error;
      failure = error;
    }
  }
  throw failure;
};

const resolve = async (pull: Pull, client: RegistryClient): Promise<Resolved> => {
  const { reference } = pull;
  const top = await client.manifest(reference.digest ?? reference.tag ?? 'latest');
  pull.onProgress({
    status: `Pulling from ${reference.path}`,
    id: reference.digest ?? reference.tag ?? 'latest',
  });
  if (documentKind(top.data, top.mediaType) === 'manifest') {
    const manifest = parseManifest(top.data);
    return { manifestData: top.data, manifest, manifestDigest: top.digest, topDigest: top.digest };
  }
  const chosen = choosePlatform(parseIndex(top.data).manifests, parsePlatform(pull.platform));
  const { data, digest } = await client.manifest(chosen.digest);
  return { manifestData: data, manifest: parseManifest(data), manifestDigest: digest, topDigest: top.digest };
};

const fetchImage = async (pull: Pull, client: RegistryClient, resolved: Resolved): Promise<ImageRecord> => {
  const { store, lease } = pull;
  const { manifest, manifestData, manifestDigest } = resolved;
  if (!isImageManifest(manifest)) {
    throw invalidParameter(
      `${familiarString(pull.reference)} is not a container image (${manifest.config.mediaType})`,
    );
  }
  lease.hold(manifestDigest, manifest.config.digest, ...manifest.layers.map(({ digest }) => digest));
  await store.content.put(manifestData);
  await download(pull, client, manifest.config, () => undefined, pull.signal);
  const configData = await store.content.read(manifest.config.digest, maxConfigBytes);
  const image = imageRecord(manifestDigest, manifestData, configData);
  checkPlatform(pull, image);
  lease.hold(...image.chainIds);
  await fetchLayers(pull, client, image);
  return record(pull, image, resolved.topDigest);
};

/** Only what the user asked for in so many words is refused; otherwise one manifest is what there is. */
const checkPlatform = ({ platform, reference }: Pull, { config }: ImageRecord): void => {
  if (platform === undefined || platform === '') return;
  const wanted = parsePlatform(platform);
  const { os, architecture, variant } = config;
  const actual = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  if (runsOn(actual, wanted)) return;
  throw notFound(
    `image with reference ${familiarString(reference)} was found but its platform (${formatPlatform(actual)}) does not match the specified platform (${formatPlatform(wanted)})`,
  );
};

const fetchLayers = async (pull: Pull, client: RegistryClient, image: ImageRecord): Promise<void> => {
  const { store, onProgress } = pull;
  const stop = new AbortController();
  const signal = AbortSignal.any([pull.signal, stop.signal]);
  const isHere = image.manifest.layers.map(({ digest }, at) => {
    const chainId = image.chainIds[at];
    return (
      chainId !== undefined &&
      store.layers.get(chainId) !== undefined &&
      store.content.size(digest) !== undefined
    );
  });
  for (const [at, { digest }] of image.manifest.layers.entries()) {
    const status = isHere[at] ? 'Already exists' : 'Pulling fs layer';
    onProgress({ status, progressDetail: {}, id: shortId(digest) });
  }
  const downloads = image.manifest.layers.map((layer, at) =>
    isHere[at] ? Promise.resolve() : downloadLayer(pull, client, layer, signal),
  );
  try {
    for (const [at, layer] of image.manifest.layers.entries()) {
      if (isHere[at]) continue;
      // Whichever layer fails first ends the pull, not the one whose turn it is.
      await Promise.race([downloads[at], Promise.all(downloads).then(() => downloads[at])]);
      await extract(pull, image, at, layer, signal);
    }
  } finally {
    stop.abort(pull.signal.aborted ? pull.signal.reason : undefined);
    await Promise.allSettled(downloads);
  }
};

const downloadLayer = async (
  pull: Pull,
  client: RegistryClient,
  layer: Descriptor,
  signal: AbortSignal,
): Promise<void> => {
  const { registries, onProgress } = pull;
  const id = shortId(layer.digest);
  if (registries.limiter.isBusy) onProgress({ status: 'Waiting', progressDetail: {}, id });
  const report = throttled((current) =>
    onProgress({ status: 'Downloading', progressDetail: { current, total: layer.size }, id }),
  );
  await download(pull, client, layer, report, signal);
  onProgress({ status: 'Verifying Checksum', progressDetail: {}, id });
  onProgress({ status: 'Download complete', progressDetail: {}, id });
};

/** Into the content store, unless it is there. Pulls at the same time share one download. */
const download = async (
  { store, registries }: Pull,
  client: RegistryClient,
  { digest, size }: Descriptor,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> => {
  if (store.content.size(digest) !== undefined) return;
  await registries.downloads.run(digest, {
    signal,
    onProgress: onBytes,
    work: (report) =>
      registries.limiter.run(signal, () =>
        store.content.ingest(client.blob(digest, size, signal), { digest, size, signal, onBytes: report }),
      ),
  });
};

const extract = async (
  pull: Pull,
  image: ImageRecord,
  at: number,
  layer: Descriptor,
  signal: AbortSignal,
): Promise<void> => {
  const id = shortId(layer.digest);
  const progress = (current: number): void =>
    pull.onProgress({ status: 'Extracting', progressDetail: { current, total: layer.size }, id });
  const parent = image.chainIds[at - 1];
  const diffId = image.diffIds[at];
  await unpackLayer(pull.store, { blob: layer.digest, parent, diffId, signal, onBytes: throttled(progress) });
  progress(layer.size);
  pull.onProgress({ status: 'Pull complete', progressDetail: {}, id });
};

const record = async (pull: Pull, image: ImageRecord, topDigest: Digest): Promise<ImageRecord> => {
  const { store, reference, onProgress } = pull;
  const byDigest = `${nameOf(reference)}@${topDigest}`;
  const names = reference.digest === undefined ? [canonicalString(reference), byDigest] : [byDigest];
  const { references, images } = store.images.state;
  const known = names.every((name) => references.get(name) === image.id) ? images.get(image.id) : undefined;
  const isKnown = known?.manifestDigest === image.manifestDigest;
  const committed = isKnown
    ? known
    : await commitImage(store, image, { references: names, preferManifest: true });
  onProgress({ status: `Digest: ${topDigest}` });
  const outcome = isKnown ? 'Image is up to date for' : 'Downloaded newer image for';
  onProgress({ status: `Status: ${outcome} ${familiarString(reference)}` });
  return committed;
};
