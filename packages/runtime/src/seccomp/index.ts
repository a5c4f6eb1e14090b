/** Seccomp filters for containers, assembled without libseccomp. */
import type { OciSeccomp } from '../spec.ts';
import { assemble } from './compile.ts';

export { defaultSeccompProfile } from './default-profile.ts';

/** A classic BPF program (struct sock_filter[]) and the flags for seccomp(SECCOMP_SET_MODE_FILTER). */
export interface SeccompProgram {
  program: Buffer;
  flags: number;
}

const byObject = new WeakMap<OciSeccomp, SeccompProgram>();
/** The same profile read again from JSON; few differ on one host. */
const byText = new Map<string, SeccompProgram>();
const maxCached = 32;

/**
 * Assembles the filter of a profile. Cached by profile, which must not be changed afterwards.
 * @throws invalid-parameter for unknown actions, operators, flags or architectures, or too many rules.
 */
export function compileSeccomp(seccomp: OciSeccomp): SeccompProgram {
  const known = byObject.get(seccomp);
  if (known !== undefined) return known;
  const text = JSON.stringify(seccomp, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
  const compiled = byText.get(text) ?? assemble(seccomp);
  byObject.set(seccomp, compiled);
  byText.delete(text);
  byText.set(text, compiled);
  const [oldest] = byText.keys();
  if (byText.size > maxCached && oldest !== undefined) byText.delete(oldest);
  return compiled;
}
