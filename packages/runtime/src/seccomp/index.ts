import type { OciSeccomp } from '../spec.ts';

/** A classic BPF program (struct sock_filter[]) and the flags for seccomp(SECCOMP_SET_MODE_FILTER). */
export interface SeccompProgram {
  program: Buffer;
  flags: number;
}

/** Assembles the filter for a profile. @throws invalid-parameter for unknown actions, operators or architectures. */
export function compileSeccomp(seccomp: OciSeccomp): SeccompProgram {
  throw new Error(`not implemented: ${seccomp.defaultAction}`);
}

/** Docker's default profile for a process with these capabilities (`CAP_…` names). */
export function defaultSeccompProfile(capabilities: readonly string[]): OciSeccomp {
  throw new Error(`not implemented: ${capabilities}`);
}
