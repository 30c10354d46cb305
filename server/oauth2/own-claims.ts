/** What an administrator has a workspace's tokens say of people, as the tokens' makers see it. */
import type { ClaimContribution } from '../extension-points/claims.ts';
import type { Claim } from '../workspaces/claim.ts';
import type { Scope } from '../workspaces/scope.ts';
import { isRecord } from './json.ts';

/** Released as what plugins bring; its value is in the authentication context. */
export interface OwnClaim extends Pick<ClaimContribution, 'name' | 'scopes' | 'in'> {
  readonly sourcePath: string;
}

/** @param scopes all of the workspace: any of them, granted, releases a claim that is always there */
export function ownClaimsOf(claims: readonly Claim[], scopes: readonly Pick<Scope, 'name'>[]): readonly OwnClaim[] {
  const any = ['openid', ...scopes.map(({ name }) => name)];
  return claims.map(({ name, type, isOpaque, scopes: some, sourcePath }) => ({
    name,
    sourcePath,
    scopes: some.length > 0 ? some : type === 'id_token' ? ['openid'] : any,
    in: type === 'access_token' ? ['access_token'] : isOpaque ? ['userinfo'] : ['id_token', 'userinfo'],
  }));
}

/**
 * What stands at a path: `address.city` is the member `city` of the member `address`. A member whose own name is the
 * whole rest of the path comes first, so that names with dots in them are found.
 * @returns undefined where nothing stands
 */
export function valueAt(context: unknown, path: string): unknown {
  if (Array.isArray(context)) {
    const [first = '', ...rest] = path.split('.');
    if (!/^\d{1,4}$/.test(first)) return undefined;
    const item: unknown = context[Number(first)];
    return rest.length === 0 ? item : valueAt(item, rest.join('.'));
  }
  if (!isRecord(context)) return undefined;
  if (Object.hasOwn(context, path)) return context[path];
  const dot = path.indexOf('.');
  if (dot < 0) return undefined;
  const first = path.slice(0, dot);
  return Object.hasOwn(context, first) ? valueAt(context[first], path.slice(dot + 1)) : undefined;
}
