import { randomBytes } from 'node:crypto';
import { property, readJson, textOf, writeAtomically } from './files.ts';

/** What stays the same for the life of a data-root. */
export interface Identity {
  bridge: string;
  host: string;
  none: string;
  createdAt: Date;
  /** Address and prefix the bridge had last. */
  address: string | undefined;
  remember(address: string): Promise<void>;
}

/** Reads the file, or makes new ids; they are written with the first `remember`. */
export async function loadIdentity(path: string): Promise<Identity> {
  const stored = await readJson(path);
  const id = (key: string): string => {
    const found = textOf(stored, key);
    return found !== undefined && /^[0-9a-f]{64}$/.test(found) ? found : randomBytes(32).toString('hex');
  };
  const created = new Date(textOf(stored, 'createdAt') ?? Number.NaN);
  const fixed = {
    bridge: id('bridge'),
    host: id('host'),
    none: id('none'),
    createdAt: Number.isNaN(created.getTime()) ? new Date() : created,
  };
  const address = textOf(stored, 'address');
  return {
    ...fixed,
    address,
    async remember(current) {
      if (current === address && property(stored, 'bridge') === fixed.bridge) return;
      await writeAtomically(path, JSON.stringify({ ...fixed, address: current }));
    },
  };
}
