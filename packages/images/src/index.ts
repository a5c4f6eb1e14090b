export { type Archiver, createArchiver } from './archiver.ts';
export { applyChanges } from './changes.ts';
export { createImages, type ImagesOptions } from './images.ts';
export type { Logger } from './logger.ts';
export { formatPlatform, hostPlatform, type Platform } from './platform.ts';
export { familiarName, familiarString, parseReference, type Reference, withDefaultTag } from './reference.ts';
export { type Member, tarEnd, tarHeader, tarMember, tarPadding } from './tar-writer.ts';
export type {
  Image,
  ImageConfig,
  Images,
  OnProgress,
  OverlayRoot,
  ProgressMessage,
  RegistryAuth,
  RemovedImage,
} from './types.ts';
