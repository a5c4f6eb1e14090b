/** What a later exec, perhaps by a later daemon, needs to know of a container. Kept in its state file. */
import { z } from 'zod';
import type { OciCapabilities } from './spec.ts';

/** As the spec has them, and as they come back from JSON. */
export type CapabilitySets = { [Name in keyof OciCapabilities]?: string[] | undefined };

const names = z.array(z.string()).optional();

const ContainerRecord = z.object({
  cgroupsPath: z.string(),
  /** CLONE_NEW… flags of the namespaces to enter, without the pid namespace. */
  namespaces: z.number().int(),
  noNewPrivileges: z.boolean(),
  capabilities: z
    .object({ bounding: names, effective: names, inheritable: names, permitted: names, ambient: names })
    .optional(),
  rlimits: z.array(z.object({ type: z.string(), soft: z.number(), hard: z.number() })),
  oomScoreAdj: z.number().int().optional(),
  seccomp: z.object({ flags: z.number().int(), program: z.base64() }).optional(),
});

export interface ContainerRecord {
  cgroupsPath: string;
  namespaces: number;
  noNewPrivileges: boolean;
  capabilities?: CapabilitySets | undefined;
  rlimits: { type: string; soft: number; hard: number }[];
  oomScoreAdj?: number | undefined;
  seccomp?: { flags: number; program: string } | undefined;
}

const StateFile = z.object({
  pid: z.number().int(),
  startTime: z.string(),
  runtime: ContainerRecord.nullable(),
});
export type StateFile = z.infer<typeof StateFile>;

const ExitFile = z.object({ exitCode: z.number().int(), exitedAt: z.string(), oomKilled: z.boolean() });
export type ExitFile = z.infer<typeof ExitFile>;

/** undefined for anything the launcher did not write completely. */
export function parseState(text: string): StateFile | undefined {
  return parseWith(StateFile, text);
}

export function parseExit(text: string): ExitFile | undefined {
  return parseWith(ExitFile, text);
}

function parseWith<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
