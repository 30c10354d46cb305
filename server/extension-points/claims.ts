/** Extension point `claims` (contribute): claims about the person that scopes of a workspace release. */
import type { Client } from '../clients/client.ts';
import type { Workspace } from '../workspaces/workspace.ts';

export interface ClaimContext {
  readonly workspace: Workspace;
  readonly client: Client;
  readonly subject: string;
  readonly grantedScopes: readonly string[];
  /** Claims about the person as the login left them. */
  readonly authenticationContext: Readonly<Record<string, unknown>>;
}

/** In the words of OIDC Core §5.5, and the access token itself (RFC 9068 §2.2.2). */
export type ClaimPlace = 'id_token' | 'userinfo' | 'access_token';

/** Merged by `name`. The plugin answers for it alone: what a login left under the same name is not released. */
export interface ClaimContribution {
  readonly name: string;
  /** Any one of these, granted, releases the claim. */
  readonly scopes: readonly string[];
  /** Where it is found; what an access token says is found at its introspection, too. */
  readonly in: readonly ClaimPlace[];
  /** JSON, or undefined for «this person has none». A failure fails the request. */
  value(context: ClaimContext): unknown;
}

/** Claims that say who issued a token, to whom, until when and what it is: core's alone (RFC 7519 §4.1, RFC 9068 §2.2, OIDC Core §2, RFC 7662 §2.2). */
export const protocolClaims: ReadonlySet<string> = new Set(
  (
    'iss sub aud exp nbf iat jti nonce acr amr auth_time azp at_hash c_hash s_hash sid cnf client_id scope scp act may_act ' +
    'tid aid idp idp_sub active token_type tenant_id server_id authorization_details _claim_names _claim_sources'
  ).split(' '),
);
