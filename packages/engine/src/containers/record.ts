/** What of a container is kept on disk: `config.json`; the host config stands beside it in its own file. */
import { ContainerConfig, EndpointSettings, MountPoint } from '@berth/engine-api';
import { z } from 'zod';
import { zeroTime } from '../util/time.ts';

const RecordState = z.object({
  Status: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
  ExitCode: z.number().default(0),
  Error: z.string().default(''),
  OOMKilled: z.boolean().default(false),
  StartedAt: z.string().default(zeroTime),
  FinishedAt: z.string().default(zeroTime),
});

/** One mount of the container and what Docker's inspect does not show of it. */
export const RecordMount = z.object({
  ...MountPoint.shape,
  /** The image's files at the destination are copied into the volume when it is empty. */
  Copy: z.boolean().default(false),
  /** Made without a name for this container: removed with it when asked. */
  Anonymous: z.boolean().default(false),
  NonRecursive: z.boolean().default(false),
  /** Where in the volume. */
  Subpath: z.string().default(''),
  /** Option string of a tmpfs mount. */
  TmpfsOptions: z.string().default(''),
});
export type RecordMount = z.infer<typeof RecordMount>;

export const ContainerRecord = z.object({
  ID: z.string().regex(/^[0-9a-f]{64}$/),
  Created: z.string(),
  /** Without a slash. */
  Name: z.string(),
  Path: z.string(),
  Args: z.array(z.string()),
  /** Image id. */
  Image: z.string(),
  Config: ContainerConfig,
  State: RecordState,
  Mounts: z.array(RecordMount),
  Networks: z.record(z.string(), EndpointSettings),
  RestartCount: z.number().default(0),
  HasBeenManuallyStopped: z.boolean().default(false),
});
export type ContainerRecord = z.infer<typeof ContainerRecord>;
