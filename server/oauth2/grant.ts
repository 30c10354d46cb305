/** What a login's commit writes for the engine: the grant, and the result that its interaction resumes with. Pure. */
import type { ClientId } from '../kernel/ids.ts';
import type { ArtifactPayload } from './artifact.ts';

export interface GrantInput {
  readonly grantId: string;
  readonly subject: string;
  readonly clientId: ClientId;
  /** Scopes granted, of either kind. */
  readonly scopes: readonly string[];
  /** Further scopes about the person, where the caller keeps them apart. */
  readonly oidcScopes?: readonly string[];
  /** Claims granted that were asked for by name (OIDC Core §5.5). */
  readonly claims?: readonly string[];
  /** Claims asked for by name and not granted. */
  readonly deniedClaims?: readonly string[];
  /** The audience the scopes are valid at: `audienceOf(issuer)`. */
  readonly resource: string;
  /** Asked for and not granted: remembered, so that the person is not asked again in this session. */
  readonly deniedScopes: readonly string[];
  /** Seconds since the epoch. */
  readonly iat: number;
  /** Seconds since the epoch. No token of this grant outlives it. */
  readonly exp: number;
}

/** Where a workspace's own access tokens are valid. */
export function audienceOf(issuer: string): string {
  return issuer;
}

/** Both places the engine looks for scopes, and the one for claims; what is empty is left out, as the engine does. */
function given(scopes: readonly string[], claims: readonly string[], resource: string): ArtifactPayload {
  const scope = [...new Set(scopes)].join(' ');
  const openid = { ...(scope === '' ? {} : { scope }), ...(claims.length === 0 ? {} : { claims: [...claims] }) };
  return {
    ...(Object.keys(openid).length === 0 ? {} : { openid }),
    ...(scope === '' ? {} : { resources: { [resource]: scope } }),
  };
}

/**
 * The payload of model `Grant`, id `grantId`, to be stored until `exp`. Scopes go to both places the engine looks: what
 * the client asked for at the authorization endpoint, and what its tokens carry to the audience.
 */
export function grantPayload(input: GrantInput): ArtifactPayload {
  const granted = [...input.scopes, ...(input.oidcScopes ?? [])];
  // A client that asked for openid is answered in OpenID's way or not at all; refusing it would refuse every other scope.
  const denied = input.deniedScopes.filter((scope) => scope !== 'openid' && !granted.includes(scope));
  const rejected = given(denied, input.deniedClaims ?? [], input.resource);
  return {
    iat: input.iat,
    exp: input.exp,
    kind: 'Grant',
    accountId: input.subject,
    clientId: input.clientId,
    ...given(granted, input.claims ?? [], input.resource),
    ...(Object.keys(rejected).length === 0 ? {} : { rejected }),
  };
}

export interface GrantedLogin {
  readonly subject: string;
  readonly grantId: string;
  readonly acr: string | undefined;
  readonly amr: readonly string[];
  /** Seconds since the epoch, when the first factor was proven. */
  readonly authTime: number;
}

/** The Interaction's `result` of a login that was granted; the login is named even where a session had it already. */
export function interactionResult(login: GrantedLogin): ArtifactPayload {
  return {
    login: {
      accountId: login.subject,
      ...(login.acr === undefined ? {} : { acr: login.acr }),
      amr: [...login.amr],
      ts: login.authTime,
      remember: true,
    },
    consent: { grantId: login.grantId },
  };
}

/** Characters that RFC 6749 §4.1.2.1 allows in `error` and `error_description`. */
const forbidden = /[^\x20-\x21\x23-\x5B\x5D-\x7E]/g;

/** The Interaction's `result` of a login that failed: the client is told so by redirect. */
export function interactionFailure(
  error: string,
  description: string,
): { readonly error: string; readonly error_description: string } {
  return {
    error: error.replace(forbidden, '').slice(0, 64),
    error_description: description.replace(forbidden, '').slice(0, 256),
  };
}

/** The stored Interaction with its result: written over the one that was read, it is what the browser resumes with. */
export function withResult(interaction: ArtifactPayload, result: ArtifactPayload): ArtifactPayload {
  return { ...interaction, result };
}
