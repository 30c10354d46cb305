/** Who a token or session speaks of: the picture of the login that its grant came from. */
import type { Account, AccountClaims, KoaContextWithOIDC } from 'oidc-provider';
import { protocolClaims, type ClaimPlace } from '../extension-points/claims.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { AuthenticationSnapshot, AuthenticationSnapshotStore } from '../sessions/session.ts';
import { isActive } from './client-model.ts';
import type { ContributedClaims } from './contributed-claims.ts';

export interface AccountDeps {
  readonly snapshots: Pick<AuthenticationSnapshotStore, 'find'>;
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  /** Whether the person may still be signed in. */
  readonly stands: (snapshot: AuthenticationSnapshot) => Promise<boolean>;
  /** What plugins and administrators have it say about people. */
  readonly contributed?: ContributedClaims | undefined;
}

/**
 * Claims for an ID token or for userinfo; the engine picks those that scopes and requests ask for. What a person's context
 * says under names of the protocol is not believed.
 */
export function claimsFrom(
  snapshot: AuthenticationSnapshot,
  deps: Omit<AccountDeps, 'snapshots' | 'stands'>,
  place?: ClaimPlace,
): AccountClaims {
  const context = Object.entries(snapshot.context).filter(
    ([name]) => !protocolClaims.has(name) && deps.contributed?.hides(place, name) !== true,
  );
  return {
    ...Object.fromEntries(context),
    sub: snapshot.subject,
    tid: deps.tenantId,
    aid: deps.workspaceId,
    idp: snapshot.idpId,
  };
}

const places: readonly ClaimPlace[] = ['id_token', 'userinfo', 'access_token'];

export type FindAccount = (
  ctx: KoaContextWithOIDC,
  subject: string,
  token?: { readonly grantId?: string | undefined },
) => Promise<Account | undefined>;

/**
 * For oidc-provider's `findAccount`. A code or token whose login is forgotten speaks of nobody: its account is unknown.
 * A session's account is known by the session alone, and its claims by the grant that is loaded after it.
 */
export function createFindAccount(deps: AccountDeps): FindAccount {
  const snapshotOf = async (grantId: string | undefined, subject: string) => {
    if (grantId === undefined) return undefined;
    const snapshot = await deps.snapshots.find(deps.tenantId, deps.workspaceId, grantId);
    return snapshot?.subject === subject ? snapshot : undefined;
  };

  const claimsOf = async (ctx: KoaContextWithOIDC, snapshot: AuthenticationSnapshot, use: string, scope: string) => {
    const place = places.find((name) => name === use);
    const claims = claimsFrom(snapshot, deps, place);
    const { client, entities } = ctx.oidc;
    if (deps.contributed === undefined || place === undefined || client === undefined) return claims;
    const contributed = await deps.contributed.of(place, {
      clientId: client.clientId,
      subject: snapshot.subject,
      grantedScopes: entities.Grant?.getOIDCScopeFiltered(new Set(scope.split(' '))).split(' ') ?? [],
      authenticationContext: snapshot.context,
    });
    return { ...claims, ...contributed };
  };

  return async (ctx, subject, token) => {
    if (token === undefined) {
      return {
        accountId: subject,
        claims: async (use, scope) => {
          const snapshot = await snapshotOf(ctx.oidc.entities.Grant?.jti, subject);
          return snapshot === undefined ? { sub: subject } : claimsOf(ctx, snapshot, use, scope);
        },
      };
    }
    // Userinfo finds the client but does not ask whether it is active.
    if (ctx.oidc.route === 'userinfo' && !isActive(ctx.oidc.client)) return undefined;
    const snapshot = await snapshotOf(token.grantId, subject);
    if (snapshot === undefined) return undefined;
    // An access token soon ends by itself; a refresh token would go on for weeks.
    const refreshes = ctx.oidc.route === 'token' && ctx.oidc.params?.['grant_type'] === 'refresh_token';
    if (refreshes && !(await deps.stands(snapshot))) return undefined;
    return {
      accountId: subject,
      claims: (use, scope) => claimsOf(ctx, snapshot, use, scope),
      idpId: snapshot.idpId,
      idpSubject: snapshot.saidIdpSubject ?? snapshot.idpSubject,
    };
  };
}
