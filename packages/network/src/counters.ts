import { readFile } from 'node:fs/promises';
import type { InterfaceCounters } from './types.ts';

/**
 * Counters of a container's eth0, read at the host's end of the pair: what one end receives the other has sent.
 * Files only, because a namespace would have to be entered by a process.
 */
export async function readCounters(veth: string): Promise<InterfaceCounters> {
  const read = async (counter: string): Promise<number> =>
    Number(await readFile(`/sys/class/net/${veth}/statistics/${counter}`, 'utf8'));
  const direction = (side: 'rx' | 'tx'): Promise<[number, number, number, number]> =>
    Promise.all([
      read(`${side}_bytes`),
      read(`${side}_packets`),
      read(`${side}_errors`),
      read(`${side}_dropped`),
    ]);
  const [received, sent] = await Promise.all([direction('tx'), direction('rx')]);
  const [rxBytes, rxPackets, rxErrors, rxDropped] = received;
  const [txBytes, txPackets, txErrors, txDropped] = sent;
  return { name: 'eth0', rxBytes, rxPackets, rxErrors, rxDropped, txBytes, txPackets, txErrors, txDropped };
}
