/** One oidc-provider for one revision of a workspace: its options, and what is overridden in its classes. */
import Provider from 'oidc-provider';
import type { Configuration } from 'oidc-provider';
import type { IncomingMessage } from 'node:http';
import type { ClientStore } from '../clients/client.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { clientId, type IdpId } from '../kernel/ids.ts';
import type { AuthenticationSnapshot, AuthenticationSnapshotStore } from '../sessions/session.ts';
import type { Claim } from '../workspaces/claim.ts';
import type { Scope } from '../workspaces/scope.ts';
import type { SigningKey } from '../workspaces/signing-key.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { storedAccessTokens } from './access-token.ts';
import { createAdapterFactory } from './adapter/adapter.ts';
import { responseTypesOf, servedGrantsOf } from './adapter/client-metadata.ts';
import type { ClientRules } from './adapter/client-metadata.ts';
import type { ArtifactStore } from './artifact.ts';
import { createFindAccount } from './claims.ts';
import { guardClients } from './client-model.ts';
import { createConfiguration } from './configuration.ts';
import { createContributedClaims } from './contributed-claims.ts';
import { modelsOf, overrideModels } from './engine.ts';
import { createPageSources } from './pages.ts';
import type { EnginePages } from './pages.ts';
import { ownClaimsOf } from './own-claims.ts';
import { createPolicy } from './policy.ts';
import type { Policy, PolicyDeps } from './policy.ts';
import type { Minted, TokensAsked } from './token-minting.ts';
import { createServiceAudiences } from './resource-server.ts';
import { createRequestCheck } from './request-check.ts';
import { completeResponses } from './responses.ts';
import type { GrantSilently, SilentRequest } from './silent-grant.ts';
import { createTokenResponses } from './token-response.ts';
import { createJwtSigner } from './token-signature.ts';

/** What every provider of the deployment shares. */
export interface ProviderDeps {
  readonly artifacts: ArtifactStore;
  readonly clients: Pick<ClientStore, 'find' | 'findAnew'>;
  readonly snapshots: Pick<AuthenticationSnapshotStore, 'find'>;
  readonly clock: Clock;
  readonly pages: EnginePages;
  /** The id under which the log knows a request. */
  readonly traceIdOf: (request: IncomingMessage) => string | undefined;
  /** Hears of what the engine answers with `server_error`, which says nothing of why. */
  readonly onFailure: (error: unknown) => void;
  /** What plugins bring to requests, claims and answers of workspaces that have them enabled. */
  readonly extensions: Pick<ExtensionRegistry, 'isFilled' | 'claimsFor' | 'tokenResponse' | 'authorizationRequest'>;
  /** What a login must have passed before a client is served. */
  readonly requirementsFor: (workspace: Workspace, clientId: string) => readonly string[] | Promise<readonly string[]>;
  /** What logins by an idp pass today: a session that did not is asked. */
  readonly requirementsOfIdp: (
    workspace: Workspace,
    idp: IdpId,
    clientId: string,
  ) => Promise<readonly (readonly string[])[]>;
  /** Of what scripts must have said for a client of people of the idp, one of each list. */
  readonly scriptsOfIdp: (
    workspace: Workspace,
    idp: IdpId,
    clientId: string,
  ) => Promise<readonly (readonly string[])[]>;
  /** Grants at `prompt=none` what nobody has to be asked about. */
  readonly grantSilently?: (workspace: Workspace, request: SilentRequest) => ReturnType<GrantSilently>;
  /** What scripts add to the tokens of a workspace. */
  readonly mintTokens?: (workspace: Workspace, asked: TokensAsked) => Promise<Minted>;
  /** Whether the person of a login may still be signed in: asked of sessions, and at each refresh. */
  readonly stands: (workspace: Workspace, snapshot: AuthenticationSnapshot) => Promise<boolean>;
  /** For addresses that clients name (`jwks_uri`): must not reach private networks. */
  readonly fetch: NonNullable<Configuration['fetch']>;
  /** e.g. `https://id.example/tid/aid`; never changes for a workspace. */
  readonly issuerOf: (workspace: Workspace) => string;
  /** At least one, the newest first; another set for every workspace. */
  readonly cookieKeysOf: (workspace: Workspace) => readonly string[];
  /** Path of a login's page; `{issuer's path}/login/{uid}` when absent. */
  readonly interactionPath?: (workspace: Workspace, uid: string) => string;
  /** Further members of the discovery document. */
  readonly discoveryOf?: (workspace: Workspace) => Readonly<Record<string, unknown>>;
}

/** What one provider is built from. */
export interface ProviderParts {
  readonly workspace: Workspace;
  /** Active first. */
  readonly keys: readonly SigningKey[];
  readonly scopes: readonly Scope[];
  readonly claims: readonly Claim[];
}

const accessTokenType = 'at+jwt';

function clientRules({ workspace, scopes }: ProviderParts, signingKey: SigningKey): ClientRules {
  const { settings } = workspace;
  const known = scopes.filter(
    ({ name }) => name !== 'offline_access' || settings.grant_types.includes('refresh_token'),
  );
  return {
    grantTypes: servedGrantsOf(settings),
    responseTypes: responseTypesOf(settings),
    assertionAlgs: settings.token_endpoint_auth_signing_alg_values,
    idTokenAlg: signingKey.alg,
    scopes: new Set(known.map(({ name }) => name)),
    defaultScopes: known.filter(({ kind }) => kind === 'oidc').map(({ name }) => name),
  };
}

/** Seen twice is refused once and for all by the row itself, not by looking first. */
function useReplayDetection(provider: Provider, { artifacts }: ProviderDeps, { tenantId, id }: Workspace): void {
  const key = { tenantId, workspaceId: id, model: 'ReplayDetection' };
  modelsOf(provider).ReplayDetection.unique = (issuer, jti, exp) =>
    artifacts.insertOnce(key, JSON.stringify([issuer, jti]), { iss: issuer }, exp);
}

/** Derived when a first cookie is read or written: whoever asks for tokens has none. */
function signCookiesWith(provider: Provider, keys: () => readonly string[]): void {
  Object.defineProperty(provider, 'keys', {
    configurable: true,
    get() {
      const value = [...keys()];
      Object.defineProperty(provider, 'keys', { value });
      return value;
    },
  });
}

/** Of each provider: what the checks of its policy ask, who are one set for all of a deployment's providers. */
const policyDeps = new WeakMap<Provider, PolicyDeps>();
const policies = new WeakMap<ProviderDeps, Policy>();

function policyOf(deps: ProviderDeps): Policy {
  const known = policies.get(deps);
  if (known !== undefined) return known;
  const policy = createPolicy(
    ({ oidc }) => {
      const found = policyDeps.get(oidc.provider);
      if (found === undefined) throw new PlatformError('internal', 'A request of a provider that was not built here.');
      return found;
    },
    { grantsSilently: deps.grantSilently !== undefined },
  );
  policies.set(deps, policy);
  return policy;
}

/**
 * Builds in half a millisecond; keeps no state of its own. What the deployment's providers share belongs in one `deps`.
 * @throws PlatformError `internal` when the workspace has no active signing key
 */
export function buildProvider(deps: ProviderDeps, parts: ProviderParts): Provider {
  const { workspace } = parts;
  const signingKey = parts.keys.find(({ state }) => state === 'active');
  if (signingKey === undefined) throw new PlatformError('internal', 'The workspace has no active signing key.');
  const keys = [signingKey, ...parts.keys.filter((key) => key !== signingKey)];
  const issuer = deps.issuerOf(workspace);
  const place = { tenantId: workspace.tenantId, workspaceId: workspace.id };
  const contributedClaims = deps.extensions.claimsFor(workspace.settings);
  const own = ownClaimsOf(parts.claims, parts.scopes);
  const contributed = createContributedClaims({ ...deps, contributions: contributedClaims, own, workspace });
  const serviceAudiences = createServiceAudiences(parts.scopes);
  const path = new URL(issuer).pathname.replace(/\/$/, '');

  const stands = (snapshot: AuthenticationSnapshot) => deps.stands(workspace, snapshot);
  const { grantSilently, mintTokens } = deps;
  const provider = new Provider(
    issuer,
    createConfiguration({
      workspace,
      keys,
      signingKey,
      scopes: parts.scopes,
      issuer,
      adapter: createAdapterFactory({ ...deps, ...place, rules: clientRules(parts, signingKey) }),
      findAccount: createFindAccount({ ...deps, ...place, stands, contributed }),
      policy: policyOf(deps),
      pages: createPageSources({ ...deps, workspace }),
      interactionPath: (uid) => deps.interactionPath?.(workspace, uid) ?? `${path}/login/${uid}`,
      fetch: deps.fetch,
      checkRequest: createRequestCheck({ ...deps, workspace }),
      contributedClaims: [...contributedClaims, ...own],
      discovery: deps.discoveryOf?.(workspace) ?? {},
    }),
  );
  signCookiesWith(provider, () => deps.cookieKeysOf(workspace));
  // The scheme comes from X-Forwarded-Proto, which our handler sets and nobody else.
  provider.proxy = true;
  policyDeps.set(provider, {
    ...place,
    stands,
    snapshots: deps.snapshots,
    requirementsFor: (clientId) => deps.requirementsFor(workspace, clientId),
    requirementsOfIdp: (idp, client) => deps.requirementsOfIdp(workspace, idp, client),
    scriptsOfIdp: (idp, client) => deps.scriptsOfIdp(workspace, idp, client),
    grantSilently: grantSilently && ((request) => grantSilently(workspace, request)),
  });
  const stored = storedAccessTokens(provider, {
    workspace,
    issuer,
    clock: deps.clock,
    contributed,
    mint: mintTokens && ((asked) => mintTokens(workspace, asked)),
    serviceAudiences,
    sign: createJwtSigner(signingKey, accessTokenType),
    kids: new Set(keys.map(({ kid }) => kid)),
  });
  overrideModels(provider, {
    ...stored,
    Client() {
      guardClients(provider, {
        clock: deps.clock,
        asStored: (id) => deps.clients.findAnew(workspace.tenantId, workspace.id, clientId(id)),
      });
    },
    ReplayDetection() {
      useReplayDetection(provider, deps, workspace);
    },
    OIDCContext() {
      stored.OIDCContext();
      // Addresses follow the issuer and never the request's Host.
      modelsOf(provider).OIDCContext.prototype.urlFor = (name, options) => provider.urlFor(name, { ...options });
    },
  });
  provider.use(completeResponses({ ...deps, workspace, serviceAudiences }));
  const tokenResponses = createTokenResponses({ ...deps, workspace });
  if (tokenResponses !== undefined) provider.use(tokenResponses);
  provider.on('server_error', (_ctx, error) => deps.onFailure(error));
  return provider;
}
