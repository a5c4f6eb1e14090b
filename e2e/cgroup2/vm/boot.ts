/** Boots the machine in qemu and relays its console. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Machine {
  kernel: string;
  initramfs: string;
  timeoutMs: number;
}

/** Printed by /init: the console is ours from here on, and how the tests ended. */
export const startedMark = 'machine-started';
export const statusMark = 'machine-status';

const accelerators = [
  { name: 'kvm', cpu: 'host', bootMs: 15_000, usable: () => existsSync('/dev/kvm') },
  { name: 'tcg', cpu: 'max', bootMs: 120_000, usable: () => true },
];

/**
 * Runs the machine until it powers off.
 * @returns the status its tests ended with; undefined when it never said so (crash or timeout).
 */
export async function boot(machine: Machine, onLine: (line: string) => void): Promise<number | undefined> {
  for (const accelerator of accelerators.filter(({ usable }) => usable())) {
    const result = await runQemu(machine, accelerator, onLine);
    if (result.started) return result.status;
    // /dev/kvm may exist and not work, for example inside another virtual machine.
    const [reason = ''] = result.problem.split('\n', 1);
    onLine(`the machine does not start with ${accelerator.name}: ${reason || 'no answer'}`);
  }
  return undefined;
}

async function runQemu(
  { kernel, initramfs, timeoutMs }: Machine,
  { name, cpu, bootMs }: (typeof accelerators)[number],
  onLine: (line: string) => void,
): Promise<{ started: boolean; status: number | undefined; problem: string }> {
  const qemu = spawn(
    'qemu-system-x86_64',
    [
      ...['-accel', name, '-cpu', cpu, '-smp', '2', '-m', '2G', '-kernel', kernel, '-initrd', initramfs],
      ...['-append', 'console=ttyS0 panic=-1 quiet rdinit=/init'],
      ...['-nodefaults', '-no-reboot', '-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let started = false;
  let status: number | undefined;
  let problem = '';
  qemu.stderr.on('data', (chunk: Buffer) => {
    problem = `${problem}${chunk}`.slice(-1000);
  });
  const timer = setTimeout(() => qemu.kill('SIGKILL'), timeoutMs);
  const bootTimer = setTimeout(() => started || qemu.kill('SIGKILL'), bootMs);
  createInterface({ input: qemu.stdout }).on('line', (line) => {
    if (line.includes(startedMark)) started = true;
    else if (line.startsWith(statusMark)) status = Number(line.slice(statusMark.length));
    else if (started) onLine(line);
  });
  await once(qemu, 'close');
  clearTimeout(timer);
  clearTimeout(bootTimer);
  return { started, status, problem: problem.trim() };
}
