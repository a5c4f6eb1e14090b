/** Creating, changing and waiting for containers. */
import { z } from 'zod';
import { count, list, optional, text } from '../fields.ts';
import { ContainerConfig, HostConfig, NetworkingConfig, ResourceLimits, RestartPolicy } from './config.ts';

export const ContainerCreateBody = z.object({
  ...ContainerConfig.shape,
  HostConfig: optional(HostConfig),
  NetworkingConfig: optional(NetworkingConfig),
});
export type ContainerCreateBody = z.infer<typeof ContainerCreateBody>;

export const ContainerCreateResponse = z.object({ Id: z.string(), Warnings: list(text) });
export type ContainerCreateResponse = z.infer<typeof ContainerCreateResponse>;

export const ContainerUpdateBody = z.object({
  ...ResourceLimits.shape,
  RestartPolicy: optional(RestartPolicy),
});
export type ContainerUpdateBody = z.infer<typeof ContainerUpdateBody>;

export const ContainerUpdateResponse = z.object({ Warnings: list(text) });
export type ContainerUpdateResponse = z.infer<typeof ContainerUpdateResponse>;

export const ContainerWaitResponse = z.object({
  StatusCode: count,
  Error: optional(z.object({ Message: text })),
});
export type ContainerWaitResponse = z.infer<typeof ContainerWaitResponse>;

export const ContainerTopResponse = z.object({ Titles: list(text), Processes: list(list(text)) });
export type ContainerTopResponse = z.infer<typeof ContainerTopResponse>;
