/** What the grant of a login is besides its person and its scopes: how long it lives, and which claims may be asked of it. */
import { parseDuration } from '../kernel/duration.ts';
import { ownClaimsOf, type OwnClaim } from '../oauth2/own-claims.ts';
import type { ClaimStore } from '../workspaces/claim.ts';
import type { Scope } from '../workspaces/scope.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { AuthorizationRequest } from './authorization-request.ts';

/** Asked for by name, or not of interest here: scopes release the rest by themselves. */
export async function ownClaims(
  { claims }: { readonly claims: Pick<ClaimStore, 'list'> },
  {
    request,
    workspace,
    scopes,
  }: {
    readonly request: Pick<AuthorizationRequest, 'requestedClaims'>;
    readonly workspace: Workspace;
    readonly scopes: readonly Scope[];
  },
): Promise<readonly OwnClaim[]> {
  if (request.requestedClaims.length === 0) return [];
  const own = await claims.list(workspace.tenantId, workspace.id);
  return ownClaimsOf(
    own.filter(({ type }) => type === 'id_token'),
    scopes,
  );
}

/** Seconds. Never shorter than the refresh tokens the grant gives, and at least 14 days. */
export function grantLifetime({ settings }: Workspace): number {
  return Math.ceil(Math.max(parseDuration(settings.refresh_token_ttl) ?? 0, 14 * 86_400_000) / 1000);
}
