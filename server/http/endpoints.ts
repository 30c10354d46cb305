/** Mounts endpoints: from which page, who calls, how often, then what they sent; the answer with its entity tag. */
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import type { Permissions } from '../access/role.ts';
import { PlatformError } from '../kernel/errors.ts';
import { withoutAbsent } from '../kernel/absent.ts';
import { refuse } from './bearer.ts';
import { jsonBody } from './bodies.ts';
import { callerOf, forbidden, tenantOf, type Caller, type CallersDeps } from './callers.ts';
import { crossOrigin, type CrossOriginDeps } from './cross-origin.ts';
import type { Call, Endpoint, RoleAccess } from './endpoint.ts';
import { etagOf, requireMatch } from './etag.ts';
import { noteCaller } from './request-origin.ts';
import { nothingSent, sendStreamed, streamedBody } from './streamed.ts';
import { readBody, readHeaders, readQuery } from './validate.ts';

/** Mounts them in their order, at the root. */
export function mountEndpoints(endpoints: readonly Endpoint[], deps: CallersDeps & CrossOriginDeps): Router {
  const router = Router({ caseSensitive: true });
  for (const [path, methods] of pathsOfPages(endpoints)) router.all(path, crossOrigin(methods, deps));
  for (const endpoint of endpoints) {
    const callers = new WeakMap<Request, Caller>();
    // A parameter that nobody reads would be a filter that answers everything, a `tid` that is the whole deployment.
    const asked = (endpoint.query ?? z.object({})).strict();
    const admit: RequestHandler = async (req, res, next) => {
      const caller = await callerOf(endpoint, deps, req, res);
      if (caller.token !== undefined) noteCaller(caller.token);
      callers.set(req, caller);
      next();
    };
    const serve: RequestHandler = async (req, res) => {
      const caller = callers.get(req);
      if (caller === undefined) throw refuse(res);
      await answer({ ...endpoint, query: asked }, caller, req, res);
    };
    // Strangers do not get to send a body.
    const isRead = endpoint.body !== undefined && endpoint.isStreamed !== true;
    const handlers = isRead ? [admit, jsonBody(endpoint.bodyLimit, endpoint.isAnyType), serve] : [admit, serve];
    router[endpoint.method](endpoint.path, ...handlers);
  }
  return router;
}

/** What people call for themselves, they call from the pages of their applications: the paths, and the methods of each. */
function pathsOfPages(endpoints: readonly Endpoint[]): ReadonlyMap<string, readonly string[]> {
  const paths = new Map<string, string[]>();
  for (const { path, method, access } of endpoints)
    if (access.kind === 'person' || access.kind === 'public')
      paths.set(path, [...(paths.get(path) ?? []), method.toUpperCase()]);
  return paths;
}

async function answer(
  endpoint: Endpoint & Required<Pick<Endpoint, 'query'>>,
  { token, person, permissions }: Caller,
  req: Request,
  res: Response,
): Promise<void> {
  const { query, body, headers, access, success } = endpoint;
  const isStreamed = endpoint.isStreamed === true;
  if (!isStreamed && endpoint.isVerbatim !== true) req.body = withoutAbsent(req.body);
  const isUnread = isStreamed || (endpoint.isBodyOptional === true && req.body === undefined);
  const params = Object.fromEntries(Object.entries(req.params).map(([name, value]) => [name, String(value)]));
  const sent: unknown = isStreamed ? undefined : req.body;
  const place = { params, tenantId: tenantOf(req), body: sent };
  const isThere = access.kind !== 'role' || (await hasRole(access, place, permissions));
  // Where the body names the thing, what is wrong with the body may be just that.
  const isInBody = access.kind === 'role' && access.in === 'workspace' && access.isInBody === true;
  if (!isThere && !isInBody) throw nothingThere();
  let tagged: string | undefined;
  const call: Call = {
    params,
    query: readQuery(query, req),
    body: body === undefined || isUnread ? undefined : readBody(body, req),
    headers: headers === undefined ? {} : readHeaders(headers, req),
    stream: isStreamed ? streamedBody(req, endpoint.bodyLimit) : nothingSent(),
    ...(token === undefined ? {} : { caller: token }),
    ...(person === undefined ? {} : { person }),
    permissions,
    tenantId: place.tenantId,
    ifMatch: (stored) => {
      requireMatch(req.headers['if-match'], stored);
    },
    tag: (stored) => {
      tagged = JSON.stringify(stored);
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
  res.setHeader('ETag', etagOf(tagged ?? json));
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
