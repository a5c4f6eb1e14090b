/** What `ps -ef` prints, read from /proc, for hosts without `ps`. */
import { readFile } from 'node:fs/promises';
import type { ContainerTopResponse } from '@berth/engine-api';
import { clockTicksPerSecond } from '../system/proc.ts';

const titles = ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'];

export async function procTop(pids: ReadonlySet<number>): Promise<ContainerTopResponse> {
  const [passwd, uptime] = await Promise.all([
    readFile('/etc/passwd', 'utf8').catch(() => ''),
    readFile('/proc/uptime', 'utf8'),
  ]);
  const names = new Map(
    passwd.split('\n').map((line): [string, string] => {
      const [name = '', , uid = ''] = line.split(':');
      return [uid, name];
    }),
  );
  const upSeconds = Number(uptime.split(' ')[0]);
  const rows = await Promise.all([...pids].map((pid) => processRow(pid, names, upSeconds)));
  return { Titles: titles, Processes: rows.filter((row) => row !== undefined) };
}

/** Undefined when it has ended meanwhile. */
async function processRow(
  pid: number,
  names: ReadonlyMap<string, string>,
  upSeconds: number,
): Promise<string[] | undefined> {
  try {
    const [stat, status, commandLine] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The name in parentheses may hold anything, so the fields are counted from behind it.
    const nameEnd = stat.lastIndexOf(')');
    const fields = stat.slice(nameEnd + 2).split(' ');
    const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1] ?? '';
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
    const ageSeconds = Math.max(1, upSeconds - Number(fields[19]) / clockTicksPerSecond);
    return [
      names.get(uid) ?? uid,
      String(pid),
      fields[1] ?? '',
      String(Math.min(99, Math.floor((cpuSeconds * 100) / ageSeconds))),
      new Date(Date.now() - ageSeconds * 1000).toTimeString().slice(0, 5),
      terminalName(Number(fields[4])),
      clock(cpuSeconds),
      commandLine.replace(/\0+$/, '').replaceAll('\0', ' ') ||
        `[${stat.slice(stat.indexOf('(') + 1, nameEnd)}]`,
    ];
  } catch {
    return undefined;
  }
}

function terminalName(device: number): string {
  const major = (device >> 8) & 0xfff;
  return major >= 136 && major <= 143 ? `pts/${(device & 0xff) | ((device >> 12) & 0xfff00)}` : '?';
}

const clock = (seconds: number): string => {
  const whole = Math.floor(seconds);
  return [whole / 3600, (whole / 60) % 60, whole % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join(':');
};
