/**
 * Image references as users type them. The grammar and the normalisation of short names follow
 * github.com/distribution/reference, so that every client agrees with Berth on what a name means.
 */
import { invalidParameter } from '@berth/engine-api';
import { type Digest, isDigest } from './digest.ts';

export interface Reference {
  /** "docker.io", "host:5000". */
  domain: string;
  /** "library/busybox". */
  path: string;
  tag?: string;
  digest?: Digest;
}

const defaultDomain = 'docker.io';
const maxNameLength = 255;

const pathComponent = '[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*';
const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domainPattern = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const namePattern = `(${domainPattern})/(${pathComponent}(?:/${pathComponent})*)`;
const tagPattern = '\\w[\\w.-]{0,127}';
const digestPattern = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const referencePattern = new RegExp(`^${namePattern}(?::(${tagPattern}))?(?:@(${digestPattern}))?$`);
const wholeTag = new RegExp(`^${tagPattern}$`);
const fullId = /^[0-9a-f]{64}$/;

const invalid = (detail = ''): Error => invalidParameter(`invalid reference format${detail}`);

/** The part before the first slash is a host only when it looks like one. */
const splitDomain = (text: string): { domain: string; remainder: string } => {
  const slash = text.indexOf('/');
  const first = text.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first;
  let [domain, remainder] = slash < 0 || !isHost ? [defaultDomain, text] : [first, text.slice(slash + 1)];
  if (domain === 'index.docker.io') domain = defaultDomain;
  if (domain === defaultDomain && !remainder.includes('/')) remainder = `library/${remainder}`;
  return { domain, remainder };
};

/** @throws invalidParameter in the words of distribution/reference. */
export const parseReference = (text: string): Reference => {
  if (fullId.test(text)) {
    throw invalidParameter(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  if (text === '' || text.length > 1024) throw invalid();
  const { domain, remainder } = splitDomain(text);
  const repository = remainder.split('@', 1)[0]?.split(':', 1)[0] ?? '';
  if (repository.toLowerCase() !== repository) {
    throw invalid(`: repository name (${repository}) must be lowercase`);
  }
  const match = referencePattern.exec(`${domain}/${remainder}`);
  const [, host, path, tag, digest] = match ?? [];
  if (host === undefined || path === undefined) throw invalid();
  if (host.length + 1 + path.length > maxNameLength) {
    throw invalidParameter(`repository name must not be more than ${maxNameLength} characters`);
  }
  if (digest !== undefined && !isDigest(digest)) throw invalidParameter('unsupported digest algorithm');
  return {
    domain: host,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
};

/** As `parseReference`, with `undefined` where the text is no reference at all (it may still be an id). */
export const tryParseReference = (text: string): Reference | undefined => {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
};

/** @throws invalidParameter "invalid tag format" */
export const parseTag = (tag: string): string => {
  if (!wholeTag.test(tag)) throw invalidParameter('invalid tag format');
  return tag;
};

/** The tag people mean when they give none. */
export const withDefaultTag = (reference: Reference): Reference =>
  reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference;

/** "docker.io/library/busybox" */
export const nameOf = (reference: Reference): string => `${reference.domain}/${reference.path}`;

/** "busybox" */
export const familiarName = ({ domain, path }: Reference): string => {
  if (domain !== defaultDomain) return `${domain}/${path}`;
  const [namespace, name, ...rest] = path.split('/');
  return namespace === 'library' && name !== undefined && rest.length === 0 ? name : path;
};

const suffix = ({ tag, digest }: Reference): string =>
  (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);

/** "docker.io/library/busybox:latest": the key under which a reference is stored. */
export const canonicalString = (reference: Reference): string => nameOf(reference) + suffix(reference);

/** "busybox:latest": what people see. */
export const familiarString = (reference: Reference): string => familiarName(reference) + suffix(reference);
