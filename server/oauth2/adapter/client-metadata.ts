/** Our clients in oidc-provider's words: only what the engine acts on, and only what the workspace allows. */
import type { AdapterPayload, ResponseType } from 'oidc-provider';
import type { Client, ClientMetadata } from '../../clients/client.ts';
import { fitsGrants } from '../../clients/response-types.ts';
import type { SigningAlg } from '../../workspaces/signing-key.ts';
import type { WorkspaceSettings } from '../../workspaces/workspace.ts';

export interface ClientRules {
  readonly grantTypes: readonly string[];
  readonly responseTypes: readonly ResponseType[];
  readonly assertionAlgs: readonly string[];
  readonly idTokenAlg: SigningAlg;
  /** Every scope of the workspace. */
  readonly scopes: ReadonlySet<string>;
  /** What a client may ask for that names no scopes: those about the person, none of an API. */
  readonly defaultScopes: readonly string[];
}

/** What the engine does not know but carries along with a client; named so in its extra metadata. */
export const platformMember = 'platform';

export interface PlatformMetadata {
  readonly status: Client['status'];
  readonly rotated: Client['rotatedSecrets'];
}

const copied = [
  'redirect_uris',
  'post_logout_redirect_uris',
  'client_name',
  'application_type',
  'subject_type',
  'sector_identifier_uri',
  'default_max_age',
  'require_auth_time',
  'require_pushed_authorization_requests',
  'dpop_bound_access_tokens',
  'jwks_uri',
  'jwks',
] as const;

/** Response types a workspace offers: those of its setting for which it has the grant types. */
export function responseTypesOf(settings: WorkspaceSettings): readonly ResponseType[] {
  return settings.response_types.filter((type) => fitsGrants(type, settings.grant_types));
}

/** Its grant types without those whose every response type is gone: the engine knows no grant that nothing leads to. */
export function servedGrantsOf(settings: WorkspaceSettings): readonly string[] {
  const words = new Set(responseTypesOf(settings).flatMap((type) => type.split(' ')));
  return settings.grant_types.filter((grant) => {
    if (grant === 'authorization_code') return words.has('code');
    return grant !== 'implicit' || words.has('id_token');
  });
}

/** Published APIs and their generated clients write '', null and empty lists for «not given». */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== 'unspecified';
}

function without(metadata: ClientMetadata, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => isGiven(metadata[name])).map((name) => [name, metadata[name]]));
}

/** Native applications return to a scheme of their own (RFC 8252 §7.1); the engine wants to be told. */
function isNative(uris: readonly string[]): boolean {
  return uris.some((uri) => URL.canParse(uri) && !['http:', 'https:'].includes(new URL(uri).protocol));
}

function assertionAlg(metadata: ClientMetadata, method: string, rules: ClientRules): Record<string, string> {
  const alg = metadata.token_endpoint_auth_signing_alg;
  if (alg === undefined || !rules.assertionAlgs.includes(alg)) return {};
  const fits = alg.startsWith('HS') ? method === 'client_secret_jwt' : method === 'private_key_jwt';
  return fits ? { token_endpoint_auth_signing_alg: alg } : {};
}

function keys(metadata: Record<string, unknown>): Record<string, unknown> {
  const { jwks, jwks_uri, ...rest } = metadata;
  if (jwks_uri !== undefined) return { ...rest, jwks_uri };
  return jwks === undefined ? rest : { ...rest, jwks };
}

/** Never empty: the engine takes an empty list for «no limit». */
function scopeOf(metadata: ClientMetadata, rules: ClientRules): string {
  const named = isGiven(metadata.scope) ? (metadata.scope ?? '').split(' ') : rules.defaultScopes;
  return [...new Set(['openid', ...named.filter((name) => rules.scopes.has(name))])].join(' ');
}

/** Equal clients give equal JSON: the engine builds its own client once per content. */
export function toEngineClient(client: Client, rules: ClientRules): AdapterPayload {
  const { metadata } = client;
  const method = isGiven(metadata.token_endpoint_auth_method)
    ? (metadata.token_endpoint_auth_method ?? 'client_secret_basic')
    : 'client_secret_basic';
  const redirectUris = (metadata.redirect_uris ?? []).filter(isGiven);
  const grants = (metadata.grant_types ?? ['authorization_code']).filter((type) => rules.grantTypes.includes(type));
  const responseTypes = (metadata.response_types ?? ['code']).filter(
    (type) => rules.responseTypes.some((known) => known === type) && fitsGrants(type, grants),
  );
  const platform: PlatformMetadata = { status: client.status, rotated: client.rotatedSecrets };

  const engine: Readonly<Record<string, unknown>> = {
    ...(isNative(redirectUris) ? { application_type: 'native' } : {}),
    ...keys(without(metadata, copied)),
    client_id: client.id,
    ...(client.secret === undefined || method === 'none' ? {} : { client_secret: client.secret }),
    redirect_uris: redirectUris,
    response_types: redirectUris.length === 0 ? [] : responseTypes,
    grant_types: grants,
    token_endpoint_auth_method: method,
    ...assertionAlg(metadata, method, rules),
    id_token_signed_response_alg: rules.idTokenAlg,
    scope: scopeOf(metadata, rules),
    [platformMember]: platform,
  };
  // Checked by the engine, which refuses what it cannot use as invalid_client_metadata.
  return engine;
}
