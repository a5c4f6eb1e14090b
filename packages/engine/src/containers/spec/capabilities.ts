/** Which capabilities a container gets: Docker's 14, changed by `CapAdd` and `CapDrop`, or all of them. */
import { invalidParameter } from '@berth/engine-api';
import { allCapabilities, capabilityNames, defaultCapabilities } from '@berth/runtime';

const all = 'ALL';

/** `CAP_` names; "ALL" stays as it is. @throws invalidParameter naming the option, as Docker words it */
export function normalizeCapabilities(names: readonly string[], option: 'CapAdd' | 'CapDrop'): string[] {
  return names.map((name) => {
    const upper = name.trim().toUpperCase();
    if (upper === all) return all;
    const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
    if (!(capabilityNames as readonly string[]).includes(full)) {
      throw invalidParameter(`invalid ${option}: unknown capability: "${full}"`);
    }
    return full;
  });
}

export function effectiveCapabilities(options: {
  privileged: boolean;
  add: readonly string[];
  drop: readonly string[];
}): string[] {
  if (options.privileged) return allCapabilities();
  const add = normalizeCapabilities(options.add, 'CapAdd');
  const drop = normalizeCapabilities(options.drop, 'CapDrop');
  const dropped = new Set(drop);
  if (add.includes(all)) return allCapabilities().filter((name) => !dropped.has(name));
  const added = add.filter((name) => name !== all);
  if (dropped.has(all)) return [...new Set(added)];
  const kept = defaultCapabilities.filter((name) => !dropped.has(name));
  return [...new Set([...kept, ...added])];
}
