/** The closed list of failures the platform names, and the one error class that carries them. */

/** HTTP status of each code; the body of a management API answers with both (platform error shape). */
export const statusOf = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  misdirected_request: 421,
  unprocessable_entity: 422,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof statusOf;

export interface PlatformErrorOptions {
  /** What went wrong inside. For the log, never for the answer. */
  readonly cause?: unknown;
  /** Machine-readable detail for the answer, e.g. `[{ pointer, message }]` for unprocessable_entity. */
  readonly details?: unknown;
  /** Seconds after which trying again makes sense (RFC 9110 §10.2.3). */
  readonly retryAfterSeconds?: number;
}

/** A failure with a public face: `message` names the parameter and what to do, `cause` is for the log. */
export class PlatformError extends Error {
  override readonly name = 'PlatformError';
  readonly code: ErrorCode;
  readonly details: unknown;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, publicMessage: string, options: PlatformErrorOptions = {}) {
    super(publicMessage, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return statusOf[this.code];
  }
}

/** Narrows an unknown failure to a PlatformError, of one code where given. */
export function isPlatformError(error: unknown, code?: ErrorCode): error is PlatformError {
  return error instanceof PlatformError && (code === undefined || error.code === code);
}

/** What one member of a body cannot be. @param pointer of it (RFC 6901); empty for the whole */
export function unprocessable(pointer: string, message: string): PlatformError {
  return new PlatformError('unprocessable_entity', message, { details: [{ pointer, message }] });
}
