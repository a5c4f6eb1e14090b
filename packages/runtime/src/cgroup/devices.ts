import type { OciDeviceCgroup } from '../spec.ts';
import type { Controller } from './controller.ts';
import { writeValues } from './files.ts';

/** Device access in v1. v2 has no such controller: the launcher attaches an eBPF program there. */
export const devicesV1: Controller = {
  name: 'devices',
  asked: () => false,
  apply(directory, { devices }) {
    const rules = [...(devices ?? [])];
    while (rules[0] !== undefined) {
      const { allow } = rules[0];
      const change = rules.findIndex((rule) => rule.allow !== allow);
      const run = rules.splice(0, change === -1 ? rules.length : change);
      writeValues(directory, allow ? 'devices.allow' : 'devices.deny', run.map(ruleText));
    }
  },
};

/** As the kernel's parser wants it: `c 1:3 rwm`; `a` alone means every device. */
function ruleText({ type = 'a', major, minor, access = 'rwm' }: OciDeviceCgroup): string {
  if (type === 'a') return 'a';
  const number = (value: number | undefined): string =>
    value === undefined || value < 0 ? '*' : String(value);
  return `${type} ${number(major)}:${number(minor)} ${access}`;
}
