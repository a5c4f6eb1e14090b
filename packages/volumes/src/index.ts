export type { Volume, Volumes } from './types.ts';
export { createVolumes, type VolumeArchiver, type VolumesOptions } from './volumes.ts';
