/** Volumes. */
import { z } from 'zod';
import { count, list, map, optional, text } from './fields.ts';

export const VolumeCreateBody = z.object({
  Name: optional(z.string()),
  Driver: optional(z.string()),
  DriverOpts: optional(z.record(z.string(), text)),
  Labels: optional(z.record(z.string(), text)),
});
export type VolumeCreateBody = z.infer<typeof VolumeCreateBody>;

export const VolumeSummary = z.object({
  Name: z.string(),
  Driver: text,
  Mountpoint: text,
  /** RFC 3339. */
  CreatedAt: optional(z.string()),
  Status: optional(z.record(z.string(), z.unknown())),
  Labels: map(text),
  /** local or global. */
  Scope: text,
  /** Driver options; null when none were given. */
  Options: z.preprocess((options) => options ?? null, z.record(z.string(), text).nullable()),
  /** Only in `/system/df`. */
  UsageData: optional(z.object({ Size: count, RefCount: count })),
});
export type VolumeSummary = z.infer<typeof VolumeSummary>;

export const VolumeListResponse = z.object({ Volumes: list(VolumeSummary), Warnings: list(text) });
export type VolumeListResponse = z.infer<typeof VolumeListResponse>;
