/** Content addresses. Only sha256 is used by the image formats Berth reads. */
import { createHash } from 'node:crypto';

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** To run before a text becomes a path. */
export const isDigest = (text: string): text is Digest => digestPattern.test(text);

export const digestOf = (data: Uint8Array | string): Digest =>
  `sha256:${createHash('sha256').update(data).digest('hex')}`;

export const hexOf = (digest: Digest): string => digest.slice('sha256:'.length);

/** Twelve digits, as Docker shows ids to people. */
export const shortId = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);

/** Identity of a stack of layers, lowest first: OCI image spec, "Layer ChainID". */
export const chainIds = (diffIds: readonly Digest[]): Digest[] => {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
};
