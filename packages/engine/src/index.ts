export type { EngineConfig } from './config.ts';
export { createEngine, type EngineOptions } from './create-engine.ts';
export type {
  AttachRequest,
  ContainersBackend,
  Engine,
  ImagesBackend,
  LogsQuery,
  NetworksBackend,
  StreamJoin,
  SystemBackend,
  VolumesBackend,
  WaitCondition,
} from './types.ts';
