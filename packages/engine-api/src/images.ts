/** Images: the list, one in detail, its history, and what removing, searching and loading answer. */
import { z } from 'zod';
import { ContainerConfig } from './containers/config.ts';
import { GraphDriver } from './containers/inspect.ts';
import { count, integer, list, map, optional, struct, text } from './fields.ts';

export const ImageSummary = z.object({
  /** `sha256:…` */
  Id: z.string(),
  ParentId: text,
  /** Empty when nothing names the image. */
  RepoTags: list(text),
  RepoDigests: list(text),
  /** Unix seconds. */
  Created: count,
  /** Bytes. */
  Size: count,
  /** -1 when it was not computed. */
  SharedSize: count,
  /** Containers made from it; -1 when it was not counted. */
  Containers: count,
  VirtualSize: optional(integer),
  Labels: map(text),
});
export type ImageSummary = z.infer<typeof ImageSummary>;

export const ImageInspect = z.object({
  Id: z.string(),
  RepoTags: list(text),
  RepoDigests: list(text),
  Parent: text,
  Comment: text,
  /** RFC 3339; absent when the image does not say. */
  Created: optional(z.string()),
  DockerVersion: text,
  Author: text,
  Config: optional(ContainerConfig),
  Architecture: text,
  Variant: optional(z.string()),
  Os: text,
  OsVersion: optional(z.string()),
  Size: count,
  VirtualSize: optional(integer),
  GraphDriver: struct(GraphDriver),
  RootFS: struct(z.object({ Type: text, Layers: list(text) })),
  Metadata: struct(z.object({ LastTagTime: optional(z.string()) })),
});
export type ImageInspect = z.infer<typeof ImageInspect>;

export const ImageHistoryItem = z.object({
  Id: text,
  /** Unix seconds. */
  Created: count,
  CreatedBy: text,
  Tags: z.preprocess((tags) => tags ?? null, z.array(text).nullable()),
  Size: count,
  Comment: text,
});
export type ImageHistoryItem = z.infer<typeof ImageHistoryItem>;

export const ImageDeleteItem = z.object({ Untagged: optional(z.string()), Deleted: optional(z.string()) });
export type ImageDeleteItem = z.infer<typeof ImageDeleteItem>;

/** One line of a progress stream (pull, push, load, import, build). */
export const ProgressLine = z.object({
  status: optional(z.string()),
  id: optional(z.string()),
  progress: optional(z.string()),
  progressDetail: optional(
    z.object({ current: optional(z.number()), total: optional(z.number()), units: optional(z.string()) }),
  ),
  stream: optional(z.string()),
  error: optional(z.string()),
  errorDetail: optional(z.object({ code: optional(integer), message: text })),
  aux: z.unknown().optional(),
});
export type ProgressLine = z.infer<typeof ProgressLine>;

/** What `X-Registry-Auth` carries, base64url-encoded JSON. */
export const RegistryAuthConfig = z.object({
  username: optional(z.string()),
  password: optional(z.string()),
  auth: optional(z.string()),
  email: optional(z.string()),
  serveraddress: optional(z.string()),
  identitytoken: optional(z.string()),
  registrytoken: optional(z.string()),
});
export type RegistryAuthConfig = z.infer<typeof RegistryAuthConfig>;
