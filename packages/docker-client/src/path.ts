/** Names as parts of a path. */
import { DockerError } from './errors.ts';

/**
 * One segment of a path. Encoding leaves dots alone, and engines clean paths: `..` would reach another call.
 * @throws DockerError for what cannot name anything
 */
export function segment(name: string): string {
  if (name === '' || name === '.' || name === '..') throw new DockerError(`"${name}" is not a name or an id`);
  return encodeURIComponent(name);
}
