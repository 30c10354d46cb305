/** Access tokens in the Authorization header, and the challenges that answer for them: RFC 6750. */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler, Response } from 'express';
import type { ClientId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import { PlatformError } from '../kernel/errors.ts';

/** What the platform knows of a token that is valid now. */
export interface VerifiedToken {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly clientId: ClientId;
  /** Absent where the client acts for itself. */
  readonly subject?: string;
  /** Of the login that gave it; absent where there was none. */
  readonly grantId?: string;
  readonly scopes: readonly string[];
}

/** @returns undefined for a token that is unknown, expired, revoked, or bound to a key that the request does not prove */
export type VerifyToken = (token: string, req: IncomingMessage) => Promise<VerifiedToken | undefined>;

export type BearerFault =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  /** RFC 9470 §3. */
  | 'insufficient_user_authentication';

/** Keeps a value within the characters of an auth-param (RFC 6750 §3): it can end neither the string nor the header. */
function quotable(value: string): string {
  return value.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '');
}

/** A WWW-Authenticate value; without a fault where the request brought no token at all (RFC 6750 §3.1). */
export function challenge(fault?: BearerFault, scope?: string, maxAgeSeconds?: number): string {
  const params = [
    'realm="gatehouse"',
    ...(fault === undefined ? [] : [`error="${fault}"`]),
    ...(scope === undefined ? [] : [`scope="${quotable(scope)}"`]),
    ...(maxAgeSeconds === undefined ? [] : [`max_age="${String(maxAgeSeconds)}"`]),
  ];
  return `Bearer ${params.join(', ')}`;
}

/**
 * The bearer token of a request, or undefined when it carries no credentials of this scheme.
 * Tokens in bodies and queries are not read (RFC 9700 §4.3.2 forbids the query).
 * @throws PlatformError `bad_request` when there are several Authorization headers, or one that is no b64token (RFC 6750 §2.1)
 */
export function bearerToken(req: IncomingMessage): string | undefined {
  const values = req.headersDistinct['authorization'] ?? [];
  const [value] = values;
  if (value === undefined) return undefined;
  if (values.length > 1) throw new PlatformError('bad_request', 'Send one Authorization header.');
  if (!/^bearer(?: |$)/i.test(value)) return undefined;
  const token = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(value)?.[1];
  if (token === undefined || token.length > 16_384)
    throw new PlatformError('bad_request', 'The bearer token is malformed.');
  return token;
}

/** Sets the challenge and makes the error that goes with it (RFC 6750 §3.1, RFC 9470 §3). */
export function refuse(res: Response, fault?: BearerFault, scope?: string, maxAgeSeconds?: number): PlatformError {
  res.setHeader('WWW-Authenticate', challenge(fault, scope, maxAgeSeconds));
  switch (fault) {
    case undefined:
      return new PlatformError('unauthorized', 'Send an access token as Authorization: Bearer.');
    case 'invalid_request':
      return new PlatformError('bad_request', 'The Authorization header is malformed.');
    case 'invalid_token':
      return new PlatformError('unauthorized', 'The access token is not valid here, or not any more.');
    case 'insufficient_scope':
      return new PlatformError('forbidden', `The access token needs the scope ${scope ?? ''}.`);
    case 'insufficient_user_authentication':
      return new PlatformError('unauthorized', 'The last authentication is too long ago: sign in again, with max_age.');
  }
}

const known = new WeakMap<IncomingMessage, VerifiedToken>();

/** Lets a request pass only with a valid token that holds `scope`; the token is then found by `callerOf`. */
export function requireScope(verify: VerifyToken, scope: string): RequestHandler {
  return async (req, res, next) => {
    let token: string | undefined;
    try {
      token = bearerToken(req);
    } catch (error) {
      res.setHeader('WWW-Authenticate', challenge('invalid_request'));
      throw error;
    }
    if (token === undefined) throw refuse(res);
    const verified = await verify(token, req);
    if (!verified) throw refuse(res, 'invalid_token');
    if (!verified.scopes.includes(scope)) throw refuse(res, 'insufficient_scope', scope);
    known.set(req, verified);
    next();
  };
}

/**
 * The caller of a route behind `requireScope`, for the tenant its path names.
 * @throws PlatformError `unauthorized` where no token was verified, `forbidden` where it belongs to another tenant
 */
export function callerOf(req: IncomingMessage, tenantId: string): VerifiedToken {
  const token = known.get(req);
  if (!token) throw new PlatformError('unauthorized', 'Send an access token as Authorization: Bearer.');
  if (token.tenantId !== tenantId) throw new PlatformError('forbidden', 'The access token belongs to another tenant.');
  return token;
}
