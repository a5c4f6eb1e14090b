/** Resident memory, as PSS: every shared page counted in equal parts for those who share it (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';
import { call, type Target } from './workloads.ts';

const idleContainers = 20;

function pssKiB(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // ended since the folder was listed
  }
}

const hostPids = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

function command(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Every process below (and with) the daemon, without the containers' own. */
function familyPss(daemonPid: number): number {
  const parentOf = new Map<number, number>();
  for (const pid of hostPids())
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      parentOf.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // ended meanwhile
    }
  const inFamily = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === daemonPid || (pid > 1 && inFamily(parentOf.get(pid))));
  return [...parentOf.keys()]
    .filter((pid) => inFamily(pid) && command(pid) !== 'sleep')
    .reduce((sum, pid) => sum + pssKiB(pid), 0);
}

export interface MemoryFigures {
  daemonMiB: number;
  perContainerKiB: number;
}

/** The idle daemon, and what each idle container adds: all new processes but the container's own. */
export async function measureMemory(target: Target & { daemonPid: number }): Promise<MemoryFigures> {
  const daemonKiB = familyPss(target.daemonPid);
  const before = new Set(hostPids());
  const daemonBefore = familyPss(target.daemonPid);
  const ids: string[] = [];
  try {
    for (let count = 0; count < idleContainers; count++) {
      const made = await call(target, 'POST', '/containers/create', {
        Image: 'busybox',
        Cmd: ['sleep', '1000'],
      });
      const id = (JSON.parse(made.body.toString()) as { Id: string }).Id;
      ids.push(id);
      await call(target, 'POST', `/containers/${id}/start`);
    }
    const added = hostPids().filter((pid) => !before.has(pid) && command(pid) !== 'sleep');
    const addedKiB = added.reduce((sum, pid) => sum + pssKiB(pid), 0);
    const growthKiB = Math.max(0, familyPss(target.daemonPid) - daemonBefore);
    // Monitors may or may not be children of the daemon; count each once.
    return { daemonMiB: daemonKiB / 1024, perContainerKiB: Math.max(addedKiB, growthKiB) / idleContainers };
  } finally {
    for (const id of ids) await call(target, 'DELETE', `/containers/${id}?force=1`);
  }
}
