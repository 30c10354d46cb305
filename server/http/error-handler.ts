/** How failures are answered: the published error body for programs, a page for people, details for the log only. */
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { isPlatformError, PlatformError } from '../kernel/errors.ts';
import type { ErrorCode } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import { challenge } from './bearer.ts';
import { traceId } from './trace.ts';

/** What an error page may say. */
export interface ErrorPage {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  /** The reference by which operations find the log lines. */
  readonly traceId: string;
}

export interface ErrorHandlerDeps {
  readonly log: Log;
  /** Makes the HTML of an error page; without it, everybody gets JSON. */
  readonly renderError?: (page: ErrorPage, req: Request) => string | Promise<string>;
}

/** Failures of body-parser, by their `type`. */
const bodyFailures: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  'entity.parse.failed': ['bad_request', 'The body is not valid JSON.'],
  'entity.verify.failed': ['bad_request', 'The body was refused.'],
  'entity.too.large': ['payload_too_large', 'The body is too large.'],
  'parameters.too.many': ['payload_too_large', 'The body has too many parameters.'],
  'encoding.unsupported': ['bad_request', 'The Content-Encoding of the body is not supported.'],
  'charset.unsupported': ['bad_request', 'The charset of the body is not supported.'],
  'request.aborted': ['bad_request', 'The request ended early.'],
  'request.size.invalid': ['bad_request', 'The body is not as long as Content-Length says.'],
};

const parserFailure = z.object({ type: z.string() });
const routerFailure = z.object({ status: z.literal(400), message: z.string().startsWith('Failed to decode param') });

/** Every failure as one of the closed list; what nobody foresaw is `internal`, without a word of why. */
export function toPlatformError(error: unknown): PlatformError {
  if (isPlatformError(error)) return error;
  const parser = parserFailure.safeParse(error);
  const known =
    parser.success && Object.hasOwn(bodyFailures, parser.data.type) ? bodyFailures[parser.data.type] : undefined;
  if (known) return new PlatformError(known[0], known[1], { cause: error });
  if (error instanceof URIError || routerFailure.safeParse(error).success) {
    return new PlatformError('bad_request', 'The path is not validly encoded.', { cause: error });
  }
  return new PlatformError('internal', 'Something went wrong on our side.', { cause: error });
}

/** The published error of the management APIs, with the trace id added. */
export function errorBody(error: PlatformError): Readonly<Record<string, unknown>> {
  return {
    status_code: error.status,
    error: error.message,
    error_code: error.code,
    ...(error.details === undefined ? {} : { details: error.details }),
    ...(traceId() === undefined ? {} : { trace_id: traceId() }),
  };
}

function report(log: Log, error: PlatformError): void {
  if (error.status === 500) log.error({ err: error.cause ?? error }, 'A request failed.');
  else if (error.status > 500) log.warn({ err: error }, 'A request could not be served.');
  else if (error.cause !== undefined) log.debug({ err: error }, 'A request was refused.');
}

function setHeaders(res: Response, error: PlatformError): void {
  res.status(error.status);
  res.setHeader('Cache-Control', 'no-store');
  if (error.retryAfterSeconds !== undefined) res.setHeader('Retry-After', String(Math.ceil(error.retryAfterSeconds)));
  // A 401 has to carry a challenge (RFC 9110 §15.5.2).
  if (error.status === 401 && !res.hasHeader('WWW-Authenticate')) res.setHeader('WWW-Authenticate', challenge());
}

/** Mounted last. Express recognises it by its four parameters. */
export function errorHandler({ log, renderError }: ErrorHandlerDeps): ErrorRequestHandler {
  return async (failure: unknown, req, res, _next) => {
    const error = toPlatformError(failure);
    report(log, error);
    if (res.headersSent) {
      // Half an answer must not look whole. Express would hang up as well, and print the failure to standard error.
      res.destroy();
      return;
    }
    setHeaders(res, error);
    if (renderError && req.accepts(['json', 'html']) === 'html') {
      const page = { status: error.status, code: error.code, message: error.message, traceId: traceId() ?? '' };
      try {
        res.type('html').send(await renderError(page, req));
        return;
      } catch (renderFailure) {
        log.error({ err: renderFailure }, 'The error page could not be rendered.');
      }
    }
    res.type('json').send(JSON.stringify(errorBody(error)));
  };
}

/** Mounted after all routes: what nobody answered is not there. */
export const notFound: RequestHandler = () => {
  throw new PlatformError('not_found', 'There is nothing at this address.');
};
