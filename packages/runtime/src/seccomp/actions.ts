import { invalidParameter, notImplemented } from '@berth/engine-api';

/** errno values of asm-generic/errno.h. */
export const eperm = 1;
export const enosys = 38;

/** SECCOMP_RET_… of linux/seccomp.h. */
const values: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL: 0x0000_0000,
  SCMP_ACT_KILL_THREAD: 0x0000_0000,
  SCMP_ACT_KILL_PROCESS: 0x8000_0000,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_ERRNO: 0x0005_0000,
  SCMP_ACT_TRACE: 0x7ff0_0000,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_ALLOW: 0x7fff_0000,
};

export const killThread = 0;

/** The filter's return value for an action. @throws invalid-parameter for an unknown one. */
export function actionValue(action: string, errnoRet: number | undefined): number {
  if (action === 'SCMP_ACT_NOTIFY') {
    throw notImplemented('seccomp action SCMP_ACT_NOTIFY needs a listener, which is not supported');
  }
  const value = values[action];
  if (value === undefined) throw invalidParameter(`unknown seccomp action "${action}"`);
  const hasData = action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';
  const data = errnoRet ?? eperm;
  if (!hasData) return value;
  if (!Number.isInteger(data) || data < 0 || data > 0xffff) {
    throw invalidParameter(`seccomp errnoRet must be between 0 and 65535, not ${data}`);
  }
  return (value | data) >>> 0;
}

/** The call is, or may be, carried out. */
export const isPermissive = (action: string): boolean =>
  ['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE'].includes(action);

/** SECCOMP_FILTER_FLAG_… */
const flagValues: Readonly<Record<string, number>> = {
  // Every thread of the process: there is only one when the filter is installed.
  SECCOMP_FILTER_FLAG_TSYNC: 0,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
  // Only means something together with SCMP_ACT_NOTIFY.
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 0,
};

/**
 * Flags for seccomp(2). Without any, speculative store bypass stays allowed as runc has it: the mitigation slows
 * every program in the container, and kernels since 5.16 leave it off for seccomp too.
 */
export function flagBits(flags: readonly string[] | undefined): number {
  return (flags ?? ['SECCOMP_FILTER_FLAG_SPEC_ALLOW']).reduce((bits, flag) => {
    const value = flagValues[flag];
    if (value === undefined) throw invalidParameter(`unknown seccomp flag "${flag}"`);
    return bits | value;
  }, 0);
}
