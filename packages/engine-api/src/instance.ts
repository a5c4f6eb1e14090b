import { createHash } from 'node:crypto';
import path from 'node:path';

/** The name of one engine among those on a host, in every kernel object it makes: 8 hex digits of its data-root. */
export const instanceOf = (dataRoot: string): string =>
  createHash('sha256').update(path.resolve(dataRoot)).digest('hex').slice(0, 8);
