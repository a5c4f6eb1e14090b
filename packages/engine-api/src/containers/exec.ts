/** Further processes in a running container. */
import { z } from 'zod';
import { count, flag, integer, list, optional, struct, text, words } from '../fields.ts';

/** [rows, columns] */
const consoleSize = optional(z.array(integer).length(2));

export const ExecCreateBody = z.object({
  User: optional(z.string()),
  Privileged: optional(z.boolean()),
  Tty: optional(z.boolean()),
  ConsoleSize: consoleSize,
  AttachStdin: optional(z.boolean()),
  AttachStderr: optional(z.boolean()),
  AttachStdout: optional(z.boolean()),
  DetachKeys: optional(z.string()),
  Env: optional(z.array(text)),
  WorkingDir: optional(z.string()),
  Cmd: words,
});
export type ExecCreateBody = z.infer<typeof ExecCreateBody>;

export const ExecCreateResponse = z.object({ Id: z.string() });
export type ExecCreateResponse = z.infer<typeof ExecCreateResponse>;

export const ExecStartBody = z.object({
  Detach: optional(z.boolean()),
  Tty: optional(z.boolean()),
  ConsoleSize: consoleSize,
});
export type ExecStartBody = z.infer<typeof ExecStartBody>;

export const ExecInspect = z.object({
  ID: z.string(),
  Running: flag,
  /** null until it has ended. */
  ExitCode: z.preprocess((code) => code ?? null, integer.nullable()),
  ProcessConfig: struct(
    z.object({
      tty: flag,
      entrypoint: text,
      arguments: list(text),
      privileged: optional(z.boolean()),
      user: optional(z.string()),
    }),
  ),
  OpenStdin: flag,
  OpenStderr: flag,
  OpenStdout: flag,
  CanRemove: flag,
  ContainerID: text,
  DetachKeys: text,
  Pid: count,
});
export type ExecInspect = z.infer<typeof ExecInspect>;
