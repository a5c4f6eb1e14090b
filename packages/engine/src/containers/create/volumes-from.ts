/** `--volumes-from`: the mounts of other containers. */
import { invalidParameter } from '@berth/engine-api';
import type { EngineContext } from '../../context.ts';
import type { RecordMount } from '../record.ts';
import { namedContainer } from './named-container.ts';
import type { MountRequest } from './parse-mounts.ts';

/** Mounts of each "container[:ro|rw]" where the request has none of its own. @throws invalidParameter */
export function volumesFrom(
  context: EngineContext,
  references: readonly string[],
  own: readonly MountRequest[],
): RecordMount[] {
  const taken = new Set(own.map((mount) => mount.destination));
  return references.flatMap((reference) => {
    const [name = '', mode = ''] = reference.split(':');
    if (name === '') throw invalidParameter('malformed volumes-from specification');
    if (!['', 'ro', 'rw', 'z', 'Z'].includes(mode)) throw invalidParameter(`invalid mode: ${mode}`);
    return namedContainer(context, name).mounts.flatMap((mount): RecordMount[] => {
      if (taken.has(mount.Destination)) return [];
      taken.add(mount.Destination);
      return [{ ...mount, RW: mode === 'ro' ? false : mount.RW, Anonymous: false, Copy: false }];
    });
  });
}
