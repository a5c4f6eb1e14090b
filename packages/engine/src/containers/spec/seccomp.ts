/** The seccomp profile of a container: the default one, none, or one that the user brought in Docker's format. */
import { invalidParameter } from '@berth/engine-api';
import { defaultSeccompProfile, type OciSeccomp } from '@berth/runtime';
import { z } from 'zod';

const Condition = z.object({
  caps: z.array(z.string()).nullish(),
  arches: z.array(z.string()).nullish(),
  minKernel: z.string().nullish(),
});

const Profile = z.object({
  defaultAction: z.string(),
  defaultErrnoRet: z.number().nullish(),
  syscalls: z
    .array(
      z.object({
        name: z.string().nullish(),
        names: z.array(z.string()).nullish(),
        action: z.string(),
        errnoRet: z.number().nullish(),
        args: z
          .array(
            z.object({
              index: z.number(),
              value: z.number(),
              valueTwo: z.number().nullish(),
              op: z.string(),
            }),
          )
          .nullish(),
        includes: Condition.nullish(),
        excludes: Condition.nullish(),
      }),
    )
    .nullish(),
});

const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

/**
 * @param profile content of a profile, `builtin`, `unconfined`, or undefined for the default
 * @throws invalidParameter when the content is not a profile
 */
export function seccompFor(
  profile: string | undefined,
  capabilities: readonly string[],
): OciSeccomp | undefined {
  if (profile === 'unconfined') return undefined;
  if (profile === undefined || profile === '' || profile === 'builtin') {
    return defaultSeccompProfile(capabilities);
  }
  return fromDockerProfile(profile, capabilities);
}

function fromDockerProfile(text: string, capabilities: readonly string[]): OciSeccomp {
  const profile = parseProfile(text);
  const seccomp: OciSeccomp = { defaultAction: profile.defaultAction, syscalls: [] };
  if (typeof profile.defaultErrnoRet === 'number') seccomp.defaultErrnoRet = profile.defaultErrnoRet;
  const has = new Set(capabilities);
  seccomp.syscalls = (profile.syscalls ?? []).flatMap((rule) => {
    const needed = (rule.includes?.caps ?? []).every((name) => has.has(name));
    const unwanted = (rule.excludes?.caps ?? []).some((name) => has.has(name));
    const arches = rule.includes?.arches ?? [];
    const arch = arches.length === 0 || arches.includes(architecture);
    const otherArch = (rule.excludes?.arches ?? []).includes(architecture);
    if (!needed || unwanted || !arch || otherArch) return [];
    const args = (rule.args ?? []).map(({ index, value, valueTwo, op }) => ({
      index,
      value,
      op,
      ...(typeof valueTwo === 'number' ? { valueTwo } : {}),
    }));
    return [
      {
        names: rule.names ?? (rule.name ? [rule.name] : []),
        action: rule.action,
        ...(typeof rule.errnoRet === 'number' ? { errnoRet: rule.errnoRet } : {}),
        ...(args.length > 0 ? { args } : {}),
      },
    ];
  });
  return seccomp;
}

function parseProfile(text: string): z.infer<typeof Profile> {
  try {
    return Profile.parse(JSON.parse(text));
  } catch (error) {
    throw invalidParameter('Decoding seccomp profile failed: it is not a seccomp profile in JSON', {
      cause: error,
    });
  }
}
