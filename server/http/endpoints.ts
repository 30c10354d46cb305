/** Mounts endpoints: who calls, then how often, then what they sent; the answer with its entity tag. */
import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { z } from 'zod';
import { PlatformError } from '../kernel/errors.ts';
import { tenantId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import { rootTenantId } from '../tenants/tenant.ts';
import { withoutAbsent } from './absent.ts';
import { bearerToken, challenge, refuse, type VerifiedToken } from './bearer.ts';
import { jsonBody } from './bodies.ts';
import type { Endpoint } from './endpoint.ts';
import { etagOf, requireMatch } from './etag.ts';
import type { RateLimiter } from './rate-limit.ts';
import { readBody, readQuery } from './validate.ts';

export interface EndpointsDeps {
  /** @returns undefined for what is no valid access token of this workspace */
  readonly verify: (token: string, tenant: TenantId, workspace: WorkspaceId) => Promise<VerifiedToken | undefined>;
  /** How often one client may call. */
  readonly callers: RateLimiter;
  /** How often one address may show what is no token. */
  readonly strangers: RateLimiter;
  /** The client's address in the form that throttling counts by. */
  readonly addressOf: (req: Request) => string;
}

/** Mounts them in their order, at the root. */
export function mountEndpoints(endpoints: readonly Endpoint[], deps: EndpointsDeps): Router {
  const router = Router({ caseSensitive: true });
  for (const endpoint of endpoints) {
    const handlers: RequestHandler[] = [];
    const callers = new WeakMap<Request, VerifiedToken>();
    handlers.push(async (req, res, next) => {
      callers.set(req, await callerOf(endpoint, deps, req, res));
      next();
    });
    // Strangers do not get to send a body.
    if (endpoint.body !== undefined) handlers.push(jsonBody(endpoint.bodyLimit));
    handlers.push(async (req, res) => {
      const caller = callers.get(req);
      if (caller === undefined) throw refuse(res);
      await answer(endpoint, caller, req, res);
    });
    router[endpoint.method](endpoint.path, ...handlers);
  }
  return router;
}

async function callerOf(
  { access }: Endpoint,
  deps: EndpointsDeps,
  req: Request,
  res: Response,
): Promise<VerifiedToken> {
  const address = deps.addressOf(req);
  let token: string | undefined;
  try {
    token = bearerToken(req);
  } catch (error) {
    res.setHeader('WWW-Authenticate', challenge('invalid_request'));
    throw error;
  }
  const tenant = access.tenant === 'root' ? tenantId(rootTenantId) : tenantOf(req);
  const caller = token === undefined ? undefined : await deps.verify(token, tenant, workspaceId(access.workspace));
  if (caller === undefined) {
    limit(deps.strangers, address);
    throw refuse(res, token === undefined ? undefined : 'invalid_token');
  }
  limit(deps.callers, `${caller.tenantId}/${caller.workspaceId}/${caller.clientId}`);
  if (!access.scopes.some((scope) => caller.scopes.includes(scope)))
    throw refuse(res, 'insufficient_scope', access.scopes[0]);
  return caller;
}

function limit(limiter: RateLimiter, key: string): void {
  const retryAfterSeconds = limiter.take(key);
  if (retryAfterSeconds === 0) return;
  throw new PlatformError('too_many_requests', 'Too many requests. Wait before you try again.', { retryAfterSeconds });
}

function tenantOf(req: Request): TenantId {
  const { tid } = req.params;
  return tenantId(typeof tid === 'string' ? tid : rootTenantId);
}

async function answer(endpoint: Endpoint, caller: VerifiedToken, req: Request, res: Response): Promise<void> {
  const { query, body, success } = endpoint;
  req.body = withoutAbsent(req.body);
  const result = await endpoint.handle({
    params: Object.fromEntries(Object.entries(req.params).map(([name, value]) => [name, String(value)])),
    query: query === undefined ? {} : readQuery(query satisfies z.ZodType, req),
    body: body === undefined ? undefined : readBody(body, req),
    caller,
    tenantId: tenantOf(req),
    ifMatch: (stored) => {
      requireMatch(req.headers['if-match'], stored);
    },
  });
  res.status(success.status).setHeader('Cache-Control', 'no-store');
  if (success.status === 204) {
    res.end();
    return;
  }
  const json = JSON.stringify(result);
  res.setHeader('ETag', etagOf(json));
  res.type('json').send(json);
}
