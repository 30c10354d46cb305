/** The one audience of a workspace's access tokens: which scopes they may carry there, and in which form they come. */
import { errors } from 'oidc-provider';
import type { KoaContextWithOIDC, ResourceServer } from 'oidc-provider';
import type { Scope } from '../workspaces/scope.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { audienceOf } from './grant.ts';

export interface ResourceServerParts {
  readonly workspace: Workspace;
  readonly scopes: readonly Scope[];
  readonly issuer: string;
}

/** Which services a token is for besides the workspace's own audience, from the scopes it carries. */
export type ServiceAudiences = (scope: unknown) => readonly string[];

export function createServiceAudiences(scopes: readonly Scope[]): ServiceAudiences {
  const audiences = new Map(
    scopes.flatMap(({ name, service }) =>
      service?.customAudience === undefined ? [] : [[name, service.customAudience] as const],
    ),
  );
  if (audiences.size === 0) return () => [];
  return (scope) => {
    if (typeof scope !== 'string') return [];
    return [...new Set(scope.split(' ').flatMap((name) => audiences.get(name) ?? []))];
  };
}

/** For `features.resourceIndicators.getResourceServerInfo`. @throws errors.InvalidTarget for any other resource (RFC 8707 §2) */
export function createResourceServers({ workspace, scopes, issuer }: ResourceServerParts) {
  const audience = audienceOf(issuer);
  const accessTokenFormat = workspace.settings.access_token_strategy;
  const info = (names: readonly string[]): ResourceServer => ({ audience, accessTokenFormat, scope: names.join(' ') });
  const forPeople = info(['openid', ...scopes.map(({ name }) => name).filter((name) => name !== 'openid')]);
  // A client that acts for itself has no person whose claims a scope could release.
  const forClients = info(scopes.filter(({ kind }) => kind === 'api').map(({ name }) => name));
  return ({ oidc }: KoaContextWithOIDC, resource: string): ResourceServer => {
    if (resource !== audience) throw new errors.InvalidTarget();
    return oidc.params?.['grant_type'] === 'client_credentials' ? forClients : forPeople;
  };
}
