import type { ContainerRow } from '@berth/api/schemas';

/** A container somebody should look at: unhealthy, failed, dead, or restarting again and again. */
export function isProblem(row: ContainerRow): boolean {
  return row.tone === 'failed' || row.state === 'restarting';
}

/** What is wrong, as a sentence without the name. */
export function problemOf(row: ContainerRow): string {
  if (row.health === 'unhealthy' && row.state === 'running') return 'Its health check fails';
  if (row.state === 'restarting') return 'It keeps restarting';
  if (row.oomKilled) return 'Killed: it used more memory than it may';
  if (row.state === 'dead') return 'Dead: the engine could not remove it';
  return exitWords(row.exitCode);
}

const signals: Record<number, string> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  6: 'SIGABRT',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
};

/** An exit code in words: `Exited with code 1`, `Killed by SIGSEGV (139)`. */
export function exitWords(code: number | null): string {
  if (code === null) return 'It stopped';
  if (code === 125) return 'The engine could not start it (125)';
  if (code === 126) return 'Its command cannot be executed (126)';
  if (code === 127) return 'Its command was not found (127)';
  if (code > 128 && code < 160) return `Killed by ${signals[code - 128] ?? `signal ${code - 128}`} (${code})`;
  return `Exited with code ${code}`;
}
