export {
  allCapabilities,
  capabilityMask,
  capabilityNames,
  capabilityNumber,
  defaultCapabilities,
  lastCapability,
} from './capabilities.ts';
export { createCgroups } from './cgroup/index.ts';
export type { CgroupManager } from './cgroup/types.ts';
export { LaunchError, type LaunchFailure } from './launch-error.ts';
export type { Logger } from './logger.ts';
export { createRuntime, type RuntimeOptions } from './runtime.ts';
export { defaultSeccompProfile } from './seccomp/index.ts';
export type * from './spec.ts';
export type * from './types.ts';
