/** The id that ties a request to its log lines, its answer and its audit events: W3C Trace Context. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { Middleware } from './front-door.ts';

const current = new AsyncLocalStorage<string>();

/** The trace id of the request being answered: 32 lower-case hex digits; undefined outside of requests. */
export function traceId(): string | undefined {
  return current.getStore();
}

/** Runs work that no request began (a relay, a timer) under a trace id of its own. */
export function withTraceId<T>(id: string, work: () => T): T {
  return current.run(id, work);
}

export function newTraceId(): string {
  // 122 random bits, of a pool that is filled for many at once.
  return randomUUID().replaceAll('-', '');
}

const traceparent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;

/**
 * The trace id of a `traceparent` header, or undefined when the header must be ignored.
 * Versions that are not known yet are read like version 00 as far as it goes (W3C Trace Context §4.3).
 */
export function traceIdOf(header: string | undefined): string | undefined {
  if (header === undefined || header.length > 512) return undefined;
  const [, version, trace, parent, rest] = traceparent.exec(header) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (trace === undefined || /^0+$/.test(trace) || parent === undefined || /^0+$/.test(parent)) return undefined;
  return trace;
}

/** First of all middleware: everything after it knows the trace id, and the caller learns it by `x-trace-id`. */
export const trace: Middleware = (req, res, next) => {
  const header = req.headers['traceparent'];
  const id = traceIdOf(typeof header === 'string' ? header : undefined) ?? newTraceId();
  res.setHeader('x-trace-id', id);
  current.run(id, next);
};
