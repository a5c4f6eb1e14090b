/** Why a container stopped, in words. */
import { constants } from 'node:os';

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

export function exitWords({ exitCode, oomKilled }: { exitCode: number; oomKilled: boolean }): string {
  if (oomKilled) return `Killed by SIGKILL (${exitCode}): out of memory`;
  if (exitCode === 0) return 'Finished (0)';
  if (exitCode === 126) return 'The command could not be run (126): it is not executable';
  if (exitCode === 127) return 'The command was not found (127)';
  const signal = exitCode > 128 ? SIGNALS.get(exitCode - 128) : undefined;
  if (signal === 'SIGTERM') return `Stopped by SIGTERM (${exitCode})`;
  return signal ? `Killed by ${signal} (${exitCode})` : `Exited with code ${exitCode}`;
}
