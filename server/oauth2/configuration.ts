/** Every option of oidc-provider that the platform sets, from a workspace's settings, keys and scopes. */
import { LRUCache } from 'lru-cache';
import type { AdapterFactory, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { parseDuration } from '../kernel/duration.ts';
import type { ClaimContribution } from '../extension-points/claims.ts';
import type { Scope } from '../workspaces/scope.ts';
import type { SigningKey } from '../workspaces/signing-key.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { platformMember, responseTypesOf } from './adapter/client-metadata.ts';
import { clockToleranceSeconds } from './artifact.ts';
import { claimsOfScope } from './claims-of-scope.ts';
import type { FindAccount } from './claims.ts';
import { refuseInactive, refuseTakenAway } from './client-model.ts';
import { audienceOf } from './grant.ts';
import { keepOfflineAccess } from './offline-access.ts';
import type { createPageSources } from './pages.ts';
import type { createPolicy } from './policy.ts';
import type { RequestCheck } from './request-check.ts';
import { createResourceServers } from './resource-server.ts';
import { mayIntrospect, mayRevoke } from './token-policy.ts';

export interface ConfigurationParts {
  readonly workspace: Workspace;
  /** Active first. */
  readonly keys: readonly SigningKey[];
  readonly signingKey: SigningKey;
  readonly scopes: readonly Scope[];
  readonly issuer: string;
  readonly adapter: AdapterFactory;
  readonly findAccount: FindAccount;
  readonly policy: ReturnType<typeof createPolicy>;
  readonly pages: ReturnType<typeof createPageSources>;
  /** Path of a login's page. */
  readonly interactionPath: (uid: string) => string;
  /** For `jwks_uri` and the like: must not reach private addresses. */
  readonly fetch: NonNullable<Configuration['fetch']>;
  /** What plugins have to say to a request. */
  readonly checkRequest: RequestCheck | undefined;
  /** Claims that plugins bring, beside those every workspace knows. */
  readonly contributedClaims: readonly Pick<ClaimContribution, 'name' | 'scopes' | 'in'>[];
  /** Further members of discovery. */
  readonly discovery: Readonly<Record<string, unknown>>;
}

/** Few are written in a deployment, and each provider reads seven of them. */
const durations = new LRUCache<string, number>({ max: 1000 });

function secondsOf(duration: string): number {
  const known = durations.get(duration);
  if (known !== undefined) return known;
  const seconds = Math.max(1, Math.floor((parseDuration(duration) ?? 0) / 1000));
  durations.set(duration, seconds);
  return seconds;
}

/** A token never outlives the grant it came from. */
function withinGrant(seconds: number) {
  return (ctx: KoaContextWithOIDC | undefined): number =>
    Math.max(1, Math.min(seconds, ctx?.oidc.entities.Grant?.remainingTTL ?? seconds));
}

function lifetimes({ settings }: Workspace): NonNullable<Configuration['ttl']> {
  const access = secondsOf(settings.access_token_ttl);
  const refresh = secondsOf(settings.refresh_token_ttl);
  const session = secondsOf(settings.cookie_max_age);
  return {
    AccessToken: withinGrant(access),
    AuthorizationCode: secondsOf(settings.authorization_code_ttl),
    ClientCredentials: access,
    Grant: Math.max(refresh, session, access),
    IdToken: secondsOf(settings.id_token_ttl),
    Interaction: secondsOf(settings.login_lifetime),
    RefreshToken: withinGrant(refresh),
    Session: session,
  };
}

/** Cookies of two workspaces never meet: each has its path, and its keys. */
function cookies({ issuer }: ConfigurationParts): NonNullable<Configuration['cookies']> {
  const { pathname, protocol } = new URL(issuer);
  const secure = protocol === 'https:';
  const prefix = secure ? '__Secure-' : '';
  const common = { httpOnly: true, sameSite: 'lax', secure, signed: true } as const;
  return {
    long: { ...common, path: pathname },
    short: common,
    names: {
      session: `${prefix}gatehouse_session`,
      interaction: `${prefix}gatehouse_interaction`,
      resume: `${prefix}gatehouse_resume`,
    },
  };
}

function features(parts: ConfigurationParts): NonNullable<Configuration['features']> {
  const { settings } = parts.workspace;
  const resourceServers = createResourceServers(parts);
  const audience = audienceOf(parts.issuer);
  return {
    devInteractions: { enabled: false },
    registration: { enabled: false },
    backchannelLogout: { enabled: false },
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: settings.grant_types.includes('client_credentials') },
    dPoP: { enabled: true },
    introspection: { enabled: true, allowedPolicy: mayIntrospect },
    revocation: { enabled: true, allowedPolicy: mayRevoke },
    pushedAuthorizationRequests: {
      enabled: true,
      requirePushedAuthorizationRequests: settings.require_pushed_authorization_requests,
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: resourceServers,
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: parts.pages.logoutSource,
      postLogoutSuccessSource: parts.pages.postLogoutSuccessSource,
    },
    userinfo: { enabled: true },
  };
}

function scopeNames({ scopes, workspace }: ConfigurationParts): readonly string[] {
  const refreshes = workspace.settings.grant_types.includes('refresh_token');
  const names = ['openid', ...scopes.map(({ name }) => name)];
  return [...new Set(names)].filter((name) => refreshes || name !== 'offline_access');
}

/** By scope, the claims it releases in an ID token or at userinfo; what stands nowhere here is never shown there. */
function claimsByScope(
  names: readonly string[],
  contributed: ConfigurationParts['contributedClaims'],
): Readonly<Record<string, string[]>> {
  const shown = contributed.filter((claim) => claim.in.some((place) => place !== 'access_token'));
  const claims = names.map((scope) => {
    const brought = shown.filter(({ scopes }) => scopes.includes(scope)).map(({ name }) => name);
    return { scope, released: [...new Set([...(claimsOfScope[scope] ?? []), ...brought])] };
  });
  return Object.fromEntries(
    claims.filter(({ released }) => released.length > 0).map(({ scope, released }) => [scope, released]),
  );
}

/** The last of the engine's checks, so that plugins are asked about valid requests only. */
function lastCheck(check: RequestCheck | undefined): typeof keepOfflineAccess | typeof checked {
  async function checked(...[ctx, scope, client]: Parameters<typeof keepOfflineAccess>): Promise<void> {
    keepOfflineAccess(ctx, scope, client);
    await check?.(ctx);
  }
  return check === undefined ? keepOfflineAccess : checked;
}

export function createConfiguration(parts: ConfigurationParts): Configuration {
  const { settings } = parts.workspace;
  const names = scopeNames(parts);
  const refreshes = settings.grant_types.includes('refresh_token');
  return {
    adapter: parts.adapter,
    acceptQueryParamAccessTokens: false,
    claims: claimsByScope(names, parts.contributedClaims),
    clientAuthMethods: [...settings.token_endpoint_auth_methods],
    clientBasedCORS: ({ oidc }, origin, client) =>
      (oidc.route === 'userinfo' || client.tokenEndpointAuthMethod === 'none') &&
      (client.redirectUris ?? []).some((uri) => URL.canParse(uri) && new URL(uri).origin === origin),
    clientDefaults: { id_token_signed_response_alg: parts.signingKey.alg },
    clockTolerance: clockToleranceSeconds,
    conformIdTokenClaims: true,
    cookies: cookies(parts),
    discovery: { ...parts.discovery },
    enabledJWA: {
      clientAuthSigningAlgValues: [...settings.token_endpoint_auth_signing_alg_values],
      idTokenSigningAlgValues: [...new Set(parts.keys.map(({ alg }) => alg))],
    },
    expiresWithSession: (_ctx, source) => !source.scopes.has('offline_access'),
    extraClientMetadata: { properties: [platformMember], validator: () => undefined },
    extraParams: { idp_hint: null, authorization_correlation_id: null, scope: lastCheck(parts.checkRequest) },
    features: features(parts),
    fetch: parts.fetch,
    fetchResponseBodyLimits: { jwks_uri: 65_536, sector_identifier_uri: 65_536 },
    findAccount: parts.findAccount,
    interactions: { policy: parts.policy, url: (_ctx, interaction) => parts.interactionPath(interaction.uid) },
    // What the engine counts as «refresh tokens are on» is that this function is not its own.
    ...(refreshes
      ? {
          issueRefreshToken: (_ctx, client, source) =>
            client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
        }
      : {}),
    jwks: { keys: parts.keys.map(({ kid, alg, privateJwk }) => ({ ...privateJwk, kid, alg, use: 'sig' })) },
    loadExistingGrant: async ({ oidc }) => {
      if (oidc.client === undefined) return undefined;
      refuseInactive(oidc.client);
      refuseTakenAway(oidc.client, oidc.params?.['response_type']);
      const grantId = oidc.result?.consent?.grantId ?? oidc.session?.grantIdFor(oidc.client.clientId);
      const grant = grantId === undefined ? undefined : await oidc.provider.Grant.find(grantId);
      return grant?.accountId === oidc.account?.accountId ? grant : undefined;
    },
    pkce: {
      required: (_ctx, client) => settings.enforce_pkce || client.tokenEndpointAuthMethod === 'none',
    },
    renderError: parts.pages.renderError,
    responseTypes: responseTypesOf(settings),
    // Revoking one access token leaves the person's consent to the application as it is.
    revokeGrantPolicy: ({ oidc }) => oidc.route !== 'revocation' || oidc.entities.AccessToken === undefined,
    rotateRefreshToken: true,
    routes: {
      authorization: '/oauth2/authorize',
      token: '/oauth2/token',
      introspection: '/oauth2/introspect',
      revocation: '/oauth2/revoke',
      pushed_authorization_request: '/par',
      userinfo: '/userinfo',
      end_session: '/oidc/logout',
      jwks: '/.well-known/jwks.json',
    },
    scopes: names,
    subjectTypes: ['public'],
    ttl: lifetimes(parts.workspace),
  };
}
