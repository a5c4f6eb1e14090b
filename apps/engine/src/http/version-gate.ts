/** The `/v1.NN` prefix: which API version a request speaks, and where its path begins. */
import { apiVersion, invalidParameter, minApiVersion } from '@berth/engine-api';

export interface VersionedPath {
  /** [major, minor] */
  version: readonly [number, number];
  /** Path and query without the prefix. */
  url: string;
}

const prefix = /^\/v([0-9][0-9.]*)(\/.*)$/;
const newest = parseVersion(apiVersion);
const oldest = parseVersion(minApiVersion);

/**
 * Splits the version off a request's URL; without one the newest counts.
 * @throws invalidParameter in Docker's words when Berth does not speak that version
 */
export function splitVersion(url: string): VersionedPath {
  const match = prefix.exec(url);
  const [, asked, rest] = match ?? [];
  if (asked === undefined || rest === undefined) return { version: newest, url };
  const version = parseVersion(asked);
  if (compare(version, newest) > 0) {
    throw invalidParameter(
      `client version ${asked} is too new. Maximum supported API version is ${apiVersion}`,
    );
  }
  if (compare(version, oldest) < 0) {
    throw invalidParameter(
      `client version ${asked} is too old. Minimum supported API version is ${minApiVersion}, please upgrade your client to a newer version`,
    );
  }
  return { version, url: rest };
}

export const isAtLeast = (version: readonly [number, number], minor: number): boolean =>
  compare(version, [1, minor]) >= 0;

function parseVersion(text: string): readonly [number, number] {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return [major || 0, minor || 0];
}

const compare = (a: readonly [number, number], b: readonly [number, number]): number =>
  a[0] - b[0] || a[1] - b[1];
