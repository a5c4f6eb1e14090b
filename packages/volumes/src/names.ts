import { invalidParameter } from '@berth/engine-api';

/** With the store's own prefixes it has to fit into one path component (255 bytes). */
const maxNameLength = 240;

/**
 * A volume's name becomes a path component, so this is the only way a name gets in.
 * @throws invalidParameter in Docker's words
 */
export function checkVolumeName(name: string): string {
  if (name.length === 1)
    throw invalidParameter(
      `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
    );
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name))
    throw invalidParameter(
      `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  if (name.length > maxNameLength)
    throw invalidParameter(
      `create ${name.slice(0, 32)}…: volume name is too long, at most ${maxNameLength} characters`,
    );
  return name;
}

/** Whether a name can exist at all; for look-ups, which answer "no such volume" and not "invalid". */
export const isVolumeName = (name: string): boolean =>
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name) && name.length <= maxNameLength;
