/** Turns mount requests into the container's mounts: makes volumes, checks host paths, copies image files in. */
import { mkdir, stat } from 'node:fs/promises';
import { invalidParameter } from '@berth/engine-api';
import type { OverlayRoot } from '@berth/runtime';
import type { Volume, Volumes } from '@berth/volumes';
import type { RecordMount } from '../record.ts';
import type { MountRequest } from './parse-mounts.ts';

/**
 * Mounts for the container's record. `created` collects the anonymous volumes that were made, so that a failing
 * create can take them away again.
 */
export async function prepareMounts(
  requests: readonly MountRequest[],
  volumes: Volumes,
  created: string[],
): Promise<RecordMount[]> {
  return Promise.all(requests.map((request) => prepareMount(request, volumes, created)));
}

async function prepareMount(
  request: MountRequest,
  volumes: Volumes,
  created: string[],
): Promise<RecordMount> {
  switch (request.type) {
    case 'bind':
      await checkSource(request);
      return record(request, { Source: request.source });
    case 'tmpfs':
      return record(request, { Source: '', TmpfsOptions: request.tmpfsOptions });
    case 'volume': {
      const volume = await makeVolume(request, volumes, created);
      return record(request, {
        Name: volume.name,
        Source: volume.mountpoint,
        Driver: volume.driver,
        Anonymous: request.source === '',
      });
    }
  }
}

async function makeVolume(request: MountRequest, volumes: Volumes, created: string[]): Promise<Volume> {
  const volume = await volumes.create({
    ...(request.source === '' ? {} : { name: request.source }),
    driver: request.driver,
    labels: request.labels,
    options: request.driverOptions,
  });
  if (request.source === '') created.push(volume.name);
  return volume;
}

const record = (request: MountRequest, facts: Partial<RecordMount>): RecordMount => ({
  Type: request.type,
  Source: '',
  Destination: request.destination,
  Mode: request.mode,
  RW: !request.readOnly,
  Propagation: request.propagation,
  Copy: request.type === 'volume' && request.copy,
  Anonymous: false,
  NonRecursive: request.nonRecursive,
  Subpath: request.subpath,
  TmpfsOptions: '',
  ...facts,
});

async function checkSource(request: MountRequest): Promise<void> {
  // `-v` makes a missing directory at each start; the Mounts API refuses, once, here.
  if (request.createSource) return;
  try {
    await stat(request.source);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw invalidParameter(
      `invalid mount config for type "bind": bind source path does not exist: ${request.source}`,
    );
  }
}

/** Makes what `-v` asked for and is missing on the host. */
export async function ensureBindSources(mounts: readonly RecordMount[]): Promise<void> {
  await Promise.all(
    mounts.map(async (mount) => {
      if (mount.Type !== 'bind') return;
      try {
        await stat(mount.Source);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        await mkdir(mount.Source, { recursive: true, mode: 0o755 });
      }
    }),
  );
}

/** Copies the image's files at each destination into volumes that are still empty. */
export async function populateVolumes(
  mounts: readonly RecordMount[],
  volumes: Volumes,
  layer: OverlayRoot,
): Promise<void> {
  const wanted = mounts.filter((mount) => mount.Type === 'volume' && mount.Copy && mount.Name);
  await Promise.all(
    wanted.map((mount) =>
      volumes.populate(mount.Name ?? '', { lower: layer.lower, path: mount.Destination }),
    ),
  );
}
