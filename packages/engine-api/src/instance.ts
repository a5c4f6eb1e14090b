import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

/**
 * The name of one berthd on its host: eight hex digits that depend on nothing but the data-root. Every kernel
 * object (cgroup, veth, iptables chain) carries it, so that two berthd never touch each other's.
 */
export const instanceOf = (dataRoot: string): string =>
  createHash('sha256').update(resolve(dataRoot)).digest('hex').slice(0, 8);
