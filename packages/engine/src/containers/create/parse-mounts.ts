/** Binds, volumes and the Mounts API, read into one list; in Docker's words where they are wrong. */
import { posix } from 'node:path';
import { type ContainerConfig, type HostConfig, invalidParameter, type Mount } from '@berth/engine-api';

export interface MountRequest {
  type: 'bind' | 'volume' | 'tmpfs';
  /** Host path, or name of a volume (empty for an anonymous one). */
  source: string;
  destination: string;
  readOnly: boolean;
  /** As given, for inspect. */
  mode: string;
  propagation: string;
  nonRecursive: boolean;
  /** Make a missing host directory (as `-v` does, and the Mounts API does not). */
  createSource: boolean;
  copy: boolean;
  driver: string;
  driverOptions: Record<string, string>;
  labels: Record<string, string>;
  subpath: string;
  tmpfsOptions: string;
}

const propagations = new Set(['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave']);

const blank: Omit<MountRequest, 'type' | 'destination'> = {
  source: '',
  readOnly: false,
  mode: '',
  propagation: '',
  nonRecursive: false,
  createSource: false,
  copy: true,
  driver: 'local',
  driverOptions: {},
  labels: {},
  subpath: '',
  tmpfsOptions: '',
};

/** Every mount of the request, by destination; volumes of image and config only where nothing else is. */
export function parseMounts(config: ContainerConfig, hostConfig: HostConfig): MountRequest[] {
  const byDestination = new Map<string, MountRequest>();
  const add = (mount: MountRequest): void => {
    if (mount.source.includes('\0')) throw invalidParameter('invalid mount source: it contains a zero byte');
    if (byDestination.has(mount.destination)) {
      throw invalidParameter(`Duplicate mount point: ${mount.destination}`);
    }
    byDestination.set(mount.destination, mount);
  };
  const driver = hostConfig.VolumeDriver || 'local';
  for (const bind of hostConfig.Binds ?? []) add(parseBind(bind, driver));
  for (const mount of hostConfig.Mounts ?? []) add(parseMount(mount));
  for (const [destination, options] of Object.entries(hostConfig.Tmpfs ?? {})) {
    add({ ...blank, type: 'tmpfs', destination: checkDestination(destination), tmpfsOptions: options });
  }
  for (const text of Object.keys(config.Volumes ?? {})) {
    const destination = checkDestination(text);
    if (!byDestination.has(destination)) add({ ...blank, type: 'volume', destination, driver });
  }
  return [...byDestination.values()];
}

/** "source:destination[:mode]". */
export function parseBind(bind: string, driver: string): MountRequest {
  const [source = '', target, mode = '', ...rest] = bind.split(':');
  if (target === undefined || source === '' || target === '' || rest.length > 0) {
    throw invalidParameter(`invalid volume specification: '${bind}'`);
  }
  const isPath = source.startsWith('/');
  const mount: MountRequest = {
    ...blank,
    type: isPath ? 'bind' : 'volume',
    source: isPath ? posix.normalize(source).replace(/(?<=.)\/$/, '') : source,
    destination: checkDestination(target),
    mode,
    driver,
    createSource: isPath,
    propagation: isPath ? 'rprivate' : '',
  };
  const words = mode === '' ? [] : mode.split(',');
  if (words.includes('ro') && words.includes('rw')) throw invalidParameter(`invalid mode: ${mode}`);
  for (const word of words) applyMode(mount, word, bind);
  return mount;
}

function applyMode(mount: MountRequest, word: string, bind: string): void {
  if (word === 'ro') mount.readOnly = true;
  else if (word === 'nocopy') mount.copy = false;
  else if (propagations.has(word) && mount.type === 'bind') mount.propagation = word;
  // Relabelling means nothing without SELinux; the rest are Docker's own defaults.
  else if (!['rw', 'z', 'Z', 'cached', 'delegated', 'consistent'].includes(word)) {
    throw invalidParameter(`invalid mode: ${mount.mode} in volume specification '${bind}'`);
  }
}

function parseMount(mount: Mount): MountRequest {
  const invalid = (why: string) => invalidParameter(`invalid mount config for type "${mount.Type}": ${why}`);
  if (mount.Target === '') throw invalid('field Target must not be empty');
  const common = {
    ...blank,
    destination: checkDestination(mount.Target),
    readOnly: mount.ReadOnly ?? false,
    source: mount.Source ?? '',
  };
  switch (mount.Type) {
    case 'bind':
      if (!common.source) throw invalid('field Source must not be empty');
      if (!common.source.startsWith('/'))
        throw invalid(`invalid mount path: '${common.source}' mount path must be absolute`);
      return {
        ...common,
        type: 'bind',
        createSource: mount.BindOptions?.CreateMountpoint ?? false,
        propagation: checkPropagation(mount.BindOptions?.Propagation ?? '') || 'rprivate',
        nonRecursive: mount.BindOptions?.NonRecursive ?? false,
      };
    case 'volume':
      return {
        ...common,
        type: 'volume',
        copy: !(mount.VolumeOptions?.NoCopy ?? false),
        labels: mount.VolumeOptions?.Labels ?? {},
        driver: mount.VolumeOptions?.DriverConfig?.Name || 'local',
        driverOptions: mount.VolumeOptions?.DriverConfig?.Options ?? {},
        subpath: checkSubpath(mount.VolumeOptions?.Subpath ?? ''),
        mode: 'z',
      };
    case 'tmpfs':
      if (common.source) throw invalid('field Source must not be specified');
      return { ...common, type: 'tmpfs', tmpfsOptions: tmpfsOptions(mount) };
    default:
      throw invalidParameter(`mount type unknown: "${mount.Type}"`);
  }
}

function tmpfsOptions(mount: Mount): string {
  const { SizeBytes: size, Mode: mode, Options: options = [] } = mount.TmpfsOptions ?? {};
  const words = options.map((pair) => pair.join('='));
  if (size) words.push(`size=${size}`);
  if (mode) words.push(`mode=${mode.toString(8)}`);
  if (mount.ReadOnly) words.push('ro');
  return words.join(',');
}

function checkDestination(path: string): string {
  if (!path.startsWith('/')) {
    throw invalidParameter(`invalid mount path: '${path}' mount path must be absolute`);
  }
  const clean = posix.normalize(path).replace(/(?<=.)\/$/, '');
  if (clean === '/') throw invalidParameter("invalid volume specification: destination can't be '/'");
  if (clean.includes('\0')) throw invalidParameter('invalid mount path: it contains a zero byte');
  return clean;
}

function checkSubpath(path: string): string {
  if (path.startsWith('/') || path.split('/').includes('..')) {
    throw invalidParameter(`invalid subpath: '${path}' must be a relative path inside the volume`);
  }
  return path;
}

function checkPropagation(word: string): string {
  if (word !== '' && !propagations.has(word)) throw invalidParameter(`invalid propagation mode: ${word}`);
  return word;
}
