/** One HTTP request over a unix socket, whole answer in memory. */
import { request } from 'node:http';
import type { Readable } from 'node:stream';

export interface ApiAnswer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  text: string;
  /** The body parsed as JSON; undefined when it is not. */
  json: unknown;
}

export interface ApiRequest {
  method: string;
  path: string;
  json?: unknown;
  body?: Readable | string;
}

export function apiRequest(socketPath: string, options: ApiRequest): Promise<ApiAnswer> {
  const { method, path, json, body } = options;
  const contentType =
    body === undefined || typeof body === 'string' ? 'application/json' : 'application/x-tar';
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath, method, path, headers: { 'content-type': contentType } },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.once('error', reject);
        answer.once('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, json: parsed(text) }),
        );
      },
    );
    outgoing.once('error', reject);
    if (typeof body === 'object') body.pipe(outgoing);
    else outgoing.end(body ?? (json === undefined ? undefined : JSON.stringify(json)));
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
