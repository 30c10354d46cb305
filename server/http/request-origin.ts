/** Who sent the request that is being answered, and from where: what its audit events say of it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventMetadata } from '../kernel/events.ts';
import type { VerifiedToken } from './bearer.ts';
import { clientAddress } from './client-address.ts';
import type { Middleware } from './front-door.ts';
import { traceId } from './trace.ts';

/** Longer ones are somebody's joke. */
const longestUserAgent = 512;

type Origin = { -readonly [Member in keyof EventMetadata]: EventMetadata[Member] };

const current = new AsyncLocalStorage<Origin>();

/** @returns nothing outside of requests */
export function requestOrigin(): EventMetadata {
  const trace = traceId();
  return { ...current.getStore(), ...(trace === undefined ? {} : { trace_id: trace }) };
}

/** After the client's address is known, and before anything that changes something. */
export const noteOrigin: Middleware = (req, _res, next) => {
  const { address } = clientAddress(req);
  const userAgent = req.headers['user-agent'];
  const origin: Origin = {
    ...(address === 'unknown' ? {} : { ip: address }),
    ...(userAgent === undefined ? {} : { user_agent: userAgent.slice(0, longestUserAgent) }),
  };
  current.run(origin, next);
};

/** By whose token the request is answered. */
export function noteCaller({ clientId, subject }: VerifiedToken): void {
  const origin = current.getStore();
  if (origin === undefined) return;
  origin.client_id = clientId;
  if (subject !== undefined) origin.subject = subject;
}
