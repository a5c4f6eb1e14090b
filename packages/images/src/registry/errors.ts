/** What a registry answers, in the words Docker's clients know. */
import { type EngineError, notFound, unauthorized, unavailable } from '@berth/engine-api';
import * as z from 'zod';
import { familiarName, familiarString, type Reference } from '../reference.ts';
import { type HttpResponse, readBody } from './http.ts';

const bodySchema = z.object({
  errors: z.array(z.object({ code: z.string().default('UNKNOWN'), message: z.string().default('') })).min(1),
});
const plainSchema = z.object({ details: z.string().optional(), message: z.string().optional() });
const maxErrorBytes = 64 * 1024;

interface RegistryFault {
  code: string;
  /** "manifest unknown: manifest unknown" */
  text: string;
}

const codeOfStatus: Partial<Record<number, string>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NOT_FOUND',
  429: 'TOOMANYREQUESTS',
};

const readFault = async (response: HttpResponse): Promise<RegistryFault> => {
  const body = await readBody(response, maxErrorBytes).catch(() => Buffer.alloc(0));
  const fallback = codeOfStatus[response.status] ?? 'UNKNOWN';
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return { code: fallback, text: `unexpected status ${response.status} from ${response.url.origin}` };
  }
  const [error] = bodySchema.safeParse(value).data?.errors ?? [];
  if (error === undefined) {
    const { details, message } = plainSchema.safeParse(value).data ?? {};
    const words = fallback.toLowerCase().replaceAll('_', ' ');
    return { code: fallback, text: `${words}: ${details ?? message ?? `status ${response.status}`}` };
  }
  return { code: error.code, text: `${error.code.toLowerCase().replaceAll('_', ' ')}: ${error.message}` };
};

/** The error for an answer that is not the one asked for. Consumes the body. */
export const registryError = async (response: HttpResponse, reference: Reference): Promise<EngineError> => {
  const { code, text } = await readFault(response);
  switch (code) {
    case 'MANIFEST_UNKNOWN':
    case 'NOT_FOUND':
      return notFound(`manifest for ${familiarString(reference)} not found: ${text}`);
    case 'NAME_UNKNOWN':
      return notFound(`repository ${familiarName(reference)} not found: ${text}`);
    case 'DENIED':
    case 'UNAUTHORIZED': {
      const words = code === 'DENIED' ? text : 'denied: requested access to the resource is denied';
      return notFound(
        `pull access denied for ${familiarName(reference)}, repository does not exist or may require 'docker login': ${words}`,
        { code: 'pull-access-denied' },
      );
    }
    default:
      return unavailable(text);
  }
};

export const noCredentials = (url: URL): EngineError =>
  unauthorized(`Head "${url.origin}${url.pathname}": no basic auth credentials`);

export const loginFailed = async (response: HttpResponse): Promise<EngineError> => {
  const { text } = await readFault(response);
  const url = `${response.url.origin}${response.url.pathname}`;
  return response.status === 401 || response.status === 403
    ? unauthorized(`Get "${url}": ${text}`)
    : unavailable(`cannot get a token from ${url}: ${text}`);
};
