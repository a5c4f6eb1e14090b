/** Signal names and numbers as users give them to kill, stop and StopSignal. */
import { constants } from 'node:os';
import { invalidParameter } from '@berth/engine-api';

const numbers = new Map<string, number>(Object.entries(constants.signals));
const realTimeMin = 34;
const realTimeMax = 64;

/**
 * Number of a signal given as "9", "KILL", "sigkill", "RTMIN+3".
 * @throws invalidParameter as Docker words it.
 */
export function parseSignal(text: string): number {
  const number = signalNumber(text.trim());
  if (number === undefined) throw invalidParameter(`Invalid signal: ${text}`);
  return number;
}

function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= realTimeMax ? number : undefined;
  }
  const name = text.toUpperCase().replace(/^(?!SIG)/, 'SIG');
  const known = numbers.get(name);
  if (known !== undefined) return known;
  const realTime = /^SIG(RTMIN|RTMAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (!realTime) return undefined;
  const base = realTime[1] === 'RTMIN' ? realTimeMin : realTimeMax;
  const offset = Number(realTime[3] ?? 0) * (realTime[2] === '-' ? -1 : 1);
  const number = base + offset;
  return number >= realTimeMin && number <= realTimeMax ? number : undefined;
}
