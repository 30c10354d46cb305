/** Who calls an endpoint: a program, somebody who administers, a person for themselves, or anybody; and how often they may. */
import type { Request, Response } from 'express';
import { permissionsFrom, type Permissions } from '../access/role.ts';
import { PlatformError } from '../kernel/errors.ts';
import { chosenIdPattern, tenantId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { CallingPerson, FindCallingPerson } from '../self-service/calling-person.ts';
import { rootTenantId } from '../tenants/tenant.ts';
import { bearerToken, challenge, refuse, type VerifiedToken } from './bearer.ts';
import type { Access, Endpoint, PersonAccess } from './endpoint.ts';
import { limitTo, type RateLimiter } from './rate-limit.ts';

export interface CallersDeps {
  /** @returns undefined for what is no valid access token of this workspace */
  readonly verify: (token: string, tenant: TenantId, workspace: WorkspaceId) => Promise<VerifiedToken | undefined>;
  readonly permissionsOf: (caller: VerifiedToken) => Promise<Permissions>;
  readonly personOf: FindCallingPerson;
  /** How often one client may call. */
  readonly callers: RateLimiter;
  /** How often one person may, for themselves. */
  readonly people: RateLimiter;
  /** How often one address may show what is no token, or call what asks for none. */
  readonly strangers: RateLimiter;
  /** The client's address in the form that throttling counts by. */
  readonly addressOf: (req: Request) => string;
}

export interface Caller {
  /** Absent where the call is public. */
  readonly token?: VerifiedToken;
  readonly person?: CallingPerson;
  readonly permissions: Permissions;
}

const nothing = permissionsFrom([]);

/** @throws PlatformError `unauthorized`, `forbidden`, `too_many_requests`, `bad_request` for a header that is malformed */
export async function callerOf(
  { access }: Pick<Endpoint, 'access'>,
  deps: CallersDeps,
  req: Request,
  res: Response,
): Promise<Caller> {
  if (access.kind === 'public') {
    limitTo(deps.strangers, deps.addressOf(req));
    return { permissions: nothing };
  }
  const token = await tokenOf(access, deps, req, res);
  switch (access.kind) {
    case 'scope':
      requireScope(access.scopes, token, res);
      return { token, permissions: nothing };
    case 'person':
      requireScope(access.scopes, token, res);
      return { token, person: await personOf(access, deps, token, res), permissions: nothing };
    case 'role': {
      const permissions = await deps.permissionsOf(token);
      const isLetIn = access.in === 'tenant' ? permissions.inTenant.has(access.permission) : permissions.any;
      if (!isLetIn) throw forbidden();
      return { token, permissions };
    }
  }
}

async function tokenOf(
  access: Exclude<Access, { readonly kind: 'public' }>,
  deps: CallersDeps,
  req: Request,
  res: Response,
): Promise<VerifiedToken> {
  const presented = presentedToken(req, res);
  const workspace = issuingWorkspace(access, req);
  const isRoots = access.kind === 'scope' && access.tenant === 'root';
  const tenant = isRoots ? tenantId(rootTenantId) : tenantOf(req);
  const token =
    presented === undefined || workspace === undefined ? undefined : await deps.verify(presented, tenant, workspace);
  if (token === undefined) {
    limitTo(deps.strangers, deps.addressOf(req));
    throw refuse(res, presented === undefined ? undefined : 'invalid_token');
  }
  limitTo(deps.callers, `${token.tenantId}/${token.workspaceId}/${token.clientId}`);
  return token;
}

/** @returns undefined for what can be the id of none */
function issuingWorkspace(access: Access, { params }: Request): WorkspaceId | undefined {
  if (access.kind !== 'person') return workspaceId(access.kind === 'scope' ? access.workspace : 'admin');
  const { aid } = params;
  return typeof aid === 'string' && chosenIdPattern.test(aid) ? workspaceId(aid) : undefined;
}

function requireScope(scopes: readonly string[], token: VerifiedToken, res: Response): void {
  if (!scopes.some((scope) => token.scopes.includes(scope))) throw refuse(res, 'insufficient_scope', scopes[0]);
}

/** Who the token's login proved: never who its claims say. */
async function personOf(
  { maxAgeSeconds }: PersonAccess,
  deps: CallersDeps,
  token: VerifiedToken,
  res: Response,
): Promise<CallingPerson> {
  const person = await deps.personOf(token);
  if (person === 'nobody')
    throw new PlatformError('forbidden', 'Only a person of an identity pool may do this, for themselves.');
  if (person === 'ended') throw refuse(res, 'invalid_token');
  limitTo(deps.people, `${token.tenantId}/${person.poolId}/${person.userId}`);
  // A second more: `auth_time` is in whole seconds, and right after a reset it is the next one.
  const isRecent = maxAgeSeconds === undefined || (person.ageSeconds <= maxAgeSeconds && person.ageSeconds >= -1);
  if (!isRecent) throw refuse(res, 'insufficient_user_authentication', undefined, maxAgeSeconds);
  return person;
}

function presentedToken(req: Request, res: Response): string | undefined {
  try {
    return bearerToken(req);
  } catch (error) {
    res.setHeader('WWW-Authenticate', challenge('invalid_request'));
    throw error;
  }
}

export function forbidden(): PlatformError {
  return new PlatformError('forbidden', 'Your roles do not allow this.');
}

/** That the path names; the root's where it names none. */
export function tenantOf(req: Request): TenantId {
  const { tid } = req.params;
  return tenantId(typeof tid === 'string' ? tid : rootTenantId);
}
