/** Platforms in the words of the image formats: "linux/arm64/v8". */
import { arch } from 'node:process';
import { invalidParameter, notFound } from '@berth/engine-api';
import type { Descriptor } from './oci.ts';

export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/** Node's names → Go's, which images use. */
const architectures: Partial<Record<string, Omit<Platform, 'os'>>> = {
  x64: { architecture: 'amd64' },
  ia32: { architecture: '386' },
  arm: { architecture: 'arm', variant: 'v7' },
  arm64: { architecture: 'arm64' },
  ppc64: { architecture: 'ppc64le' },
};

/** Other spellings people use. */
const aliases: Partial<Record<string, Omit<Platform, 'os'>>> = {
  x86_64: { architecture: 'amd64' },
  'x86-64': { architecture: 'amd64' },
  i386: { architecture: '386' },
  aarch64: { architecture: 'arm64' },
  armhf: { architecture: 'arm', variant: 'v7' },
  armel: { architecture: 'arm', variant: 'v6' },
};

export const hostPlatform: Platform = { os: 'linux', ...(architectures[arch] ?? { architecture: arch }) };

/** @throws invalidParameter naming the text; the host's platform when it is absent or empty */
export const parsePlatform = (text: string | undefined): Platform => {
  if (text === undefined || text === '') return hostPlatform;
  const [os, architecture, variant, ...rest] = text.toLowerCase().split('/');
  const words = [os, architecture, variant].filter((word) => word !== undefined);
  if (os === undefined || rest.length > 0 || !words.every((word) => /^[a-z0-9_.-]+$/.test(word))) {
    throw invalidParameter(
      `"${text}" is an invalid platform: it must be of the form os/architecture[/variant]`,
    );
  }
  if (architecture === undefined) return os === 'linux' ? hostPlatform : { ...hostPlatform, os };
  const known = aliases[architecture] ?? { architecture };
  return { os, ...known, ...(variant === undefined ? {} : { variant }) };
};

export const formatPlatform = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, variant].filter((part) => part !== undefined && part !== '').join('/');

const armVersion = (variant: string | undefined): number => Number(/^v(\d+)$/.exec(variant ?? '')?.[1] ?? 7);

/** How well an image built for `offered` runs where `wanted` is: 0 not at all, more is better. */
const suitability = (offered: Platform, wanted: Platform): number => {
  if (offered.os !== wanted.os || offered.architecture !== wanted.architecture) return 0;
  if (wanted.architecture === 'arm') {
    // An older ARM's code runs on a newer one.
    const version = armVersion(offered.variant);
    return version <= armVersion(wanted.variant) ? version : 0;
  }
  const plain = wanted.architecture === 'arm64' ? 'v8' : 'v1';
  const offeredVariant = offered.variant || plain;
  const wantedVariant = wanted.variant || plain;
  if (offeredVariant === wantedVariant) return 2;
  return offeredVariant === plain ? 1 : 0;
};

export const runsOn = (offered: Platform, wanted: Platform): boolean => suitability(offered, wanted) > 0;

/** @throws notFound in Docker's words when no entry fits */
export const choosePlatform = (manifests: readonly Descriptor[], wanted: Platform): Descriptor => {
  let best: Descriptor | undefined;
  let bestScore = 0;
  for (const descriptor of manifests) {
    const { platform } = descriptor;
    if (platform === undefined) continue;
    const { os, architecture, variant } = platform;
    const score = suitability({ os, architecture, ...(variant === undefined ? {} : { variant }) }, wanted);
    if (score > bestScore) [best, bestScore] = [descriptor, score];
  }
  // An index of one image may leave the platform to that image's config.
  const [only] = manifests;
  if (best === undefined && manifests.length === 1 && only?.platform === undefined) best = only;
  if (best === undefined) {
    throw notFound(`no matching manifest for ${formatPlatform(wanted)} in the manifest list entries`);
  }
  return best;
};
