/**
 * The one error type of the engine. Throwers say which *kind* of trouble it is and what the user can do;
 * the HTTP edge derives the status from the kind, so nobody below it chooses a status code.
 */
export type ErrorKind =
  | 'not-modified'
  | 'invalid-parameter'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'internal'
  | 'not-implemented'
  | 'unavailable';

/** HTTP status the Engine API answers for each kind (moby `api/server/httpstatus`). */
export const httpStatusOf = {
  'not-modified': 304,
  'invalid-parameter': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  internal: 500,
  'not-implemented': 501,
  unavailable: 503,
} as const satisfies Record<ErrorKind, number>;

export interface EngineErrorOptions {
  /** The error that led to this one; kept for the log, never sent to clients. */
  cause?: unknown;
  /** Stable machine-readable code, for callers that act on one particular error. */
  code?: string;
}

/** An expected failure, worded for the user: clients of the Engine API see `message` as it stands. */
export class EngineError extends Error {
  readonly kind: ErrorKind;
  readonly code: string | undefined;

  constructor(kind: ErrorKind, message: string, options: EngineErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EngineError';
    this.kind = kind;
    this.code = options.code;
  }
}

const factory =
  (kind: ErrorKind) =>
  (message: string, options?: EngineErrorOptions): EngineError =>
    new EngineError(kind, message, options);

export const notModified = factory('not-modified');
export const invalidParameter = factory('invalid-parameter');
export const unauthorized = factory('unauthorized');
export const forbidden = factory('forbidden');
export const notFound = factory('not-found');
export const conflict = factory('conflict');
export const internal = factory('internal');
export const notImplemented = factory('not-implemented');
export const unavailable = factory('unavailable');

export const isEngineError = (error: unknown): error is EngineError => error instanceof EngineError;
