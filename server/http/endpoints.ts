/** Mounts endpoints: who calls, then how often, then what they sent; the answer with its entity tag. */
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { permissionsFrom, type Permissions } from '../access/role.ts';
import { PlatformError } from '../kernel/errors.ts';
import { tenantId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import { rootTenantId } from '../tenants/tenant.ts';
import { withoutAbsent } from '../kernel/absent.ts';
import { bearerToken, challenge, refuse, type VerifiedToken } from './bearer.ts';
import { jsonBody } from './bodies.ts';
import type { Call, Endpoint, RoleAccess } from './endpoint.ts';
import { etagOf, requireMatch } from './etag.ts';
import type { RateLimiter } from './rate-limit.ts';
import { nothingSent, sendStreamed, streamedBody } from './streamed.ts';
import { readBody, readHeaders, readQuery } from './validate.ts';

export interface EndpointsDeps {
  /** @returns undefined for what is no valid access token of this workspace */
  readonly verify: (token: string, tenant: TenantId, workspace: WorkspaceId) => Promise<VerifiedToken | undefined>;
  readonly permissionsOf: (caller: VerifiedToken) => Promise<Permissions>;
  /** How often one client may call. */
  readonly callers: RateLimiter;
  /** How often one address may show what is no token. */
  readonly strangers: RateLimiter;
  /** The client's address in the form that throttling counts by. */
  readonly addressOf: (req: Request) => string;
}

interface Caller {
  readonly token: VerifiedToken;
  readonly permissions: Permissions;
}

/** Mounts them in their order, at the root. */
export function mountEndpoints(endpoints: readonly Endpoint[], deps: EndpointsDeps): Router {
  const router = Router({ caseSensitive: true });
  for (const endpoint of endpoints) {
    const callers = new WeakMap<Request, Caller>();
    const admit: RequestHandler = async (req, res, next) => {
      callers.set(req, await callerOf(endpoint, deps, req, res));
      next();
    };
    const serve: RequestHandler = async (req, res) => {
      const caller = callers.get(req);
      if (caller === undefined) throw refuse(res);
      await answer(endpoint, caller, req, res);
    };
    // Strangers do not get to send a body.
    const isRead = endpoint.body !== undefined && endpoint.isStreamed !== true;
    const handlers = isRead ? [admit, jsonBody(endpoint.bodyLimit), serve] : [admit, serve];
    router[endpoint.method](endpoint.path, ...handlers);
  }
  return router;
}

const nothing = permissionsFrom([]);

async function callerOf({ access }: Endpoint, deps: EndpointsDeps, req: Request, res: Response): Promise<Caller> {
  const presented = presentedToken(req, res);
  const workspace = workspaceId(access.kind === 'scope' ? access.workspace : 'admin');
  const isRoots = access.kind === 'scope' && access.tenant === 'root';
  const tenant = isRoots ? tenantId(rootTenantId) : tenantOf(req);
  const token = presented === undefined ? undefined : await deps.verify(presented, tenant, workspace);
  if (token === undefined) {
    limit(deps.strangers, deps.addressOf(req));
    throw refuse(res, presented === undefined ? undefined : 'invalid_token');
  }
  limit(deps.callers, `${token.tenantId}/${token.workspaceId}/${token.clientId}`);
  if (access.kind === 'scope') {
    if (access.scopes.some((scope) => token.scopes.includes(scope))) return { token, permissions: nothing };
    throw refuse(res, 'insufficient_scope', access.scopes[0]);
  }
  const permissions = await deps.permissionsOf(token);
  const isLetIn = access.in === 'tenant' ? permissions.inTenant.has(access.permission) : permissions.any;
  if (!isLetIn) throw forbidden();
  return { token, permissions };
}

function presentedToken(req: Request, res: Response): string | undefined {
  try {
    return bearerToken(req);
  } catch (error) {
    res.setHeader('WWW-Authenticate', challenge('invalid_request'));
    throw error;
  }
}

function limit(limiter: RateLimiter, key: string): void {
  const retryAfterSeconds = limiter.take(key);
  if (retryAfterSeconds === 0) return;
  throw new PlatformError('too_many_requests', 'Too many requests. Wait before you try again.', { retryAfterSeconds });
}

function forbidden(): PlatformError {
  return new PlatformError('forbidden', 'Your roles do not allow this.');
}

function tenantOf(req: Request): TenantId {
  const { tid } = req.params;
  return tenantId(typeof tid === 'string' ? tid : rootTenantId);
}

async function answer(endpoint: Endpoint, { token, permissions }: Caller, req: Request, res: Response): Promise<void> {
  const { query, body, headers, access, success } = endpoint;
  const isStreamed = endpoint.isStreamed === true;
  if (!isStreamed) req.body = withoutAbsent(req.body);
  const isUnread = isStreamed || (endpoint.isBodyOptional === true && req.body === undefined);
  const params = Object.fromEntries(Object.entries(req.params).map(([name, value]) => [name, String(value)]));
  const sent: unknown = isStreamed ? undefined : req.body;
  const place = { params, tenantId: tenantOf(req), body: sent };
  const isThere = access.kind === 'scope' || (await hasRole(access, place, permissions));
  // Where the body names the thing, what is wrong with the body may be just that.
  const isInBody = access.kind === 'role' && access.in === 'workspace' && access.isInBody === true;
  if (!isThere && !isInBody) throw nothingThere();
  const call: Call = {
    params,
    query: query === undefined ? {} : readQuery(query, req),
    body: body === undefined || isUnread ? undefined : readBody(body, req),
    headers: headers === undefined ? {} : readHeaders(headers, req),
    stream: isStreamed ? streamedBody(req, endpoint.bodyLimit) : nothingSent(),
    caller: token,
    permissions,
    tenantId: place.tenantId,
    ifMatch: (stored) => {
      requireMatch(req.headers['if-match'], stored);
    },
  };
  if (!isThere) throw nothingThere();
  const result = await endpoint.handle(call);
  const answered = result === undefined ? success : (endpoint.instead ?? success);
  res.status(answered.status).setHeader('Cache-Control', 'no-store');
  if (answered.status === 204) {
    res.end();
    return;
  }
  if (answered.isStreamed === true) {
    await sendStreamed(result, res);
    return;
  }
  const json = JSON.stringify(result);
  res.setHeader('ETag', etagOf(json));
  res.type('json').send(json);
}

/** @returns whether the thing is there at all, to who may know. @throws PlatformError `forbidden` */
async function hasRole(
  access: RoleAccess,
  place: Pick<Call, 'tenantId' | 'params' | 'body'>,
  permissions: Permissions,
): Promise<boolean> {
  switch (access.in) {
    case 'tenant':
    case 'any':
      return true;
    case 'workspace': {
      const workspace = await access.of(place);
      // Who may do it nowhere in particular is not told what is there.
      require(
        workspace === undefined
          ? permissions.inTenant.has('list_workspaces')
          : permissions.inWorkspace(workspace).has(access.permission),
      );
      return workspace !== undefined;
    }
    case 'pool': {
      const pool = await access.of(place);
      require(
        pool === undefined
          ? permissions.inTenant.has('list_identity_pools')
          : permissions.inPool(pool).has(access.permission),
      );
      return pool !== undefined;
    }
  }
}

function require(isAllowed: boolean): void {
  if (!isAllowed) throw forbidden();
}

function nothingThere(): PlatformError {
  return new PlatformError('not_found', 'There is no such thing.');
}
