/** A client as the published APIs write it. */
import { z } from 'zod';
import { unserved } from '../http/unserved.ts';
import { publicKeySet } from './client-keys.body.ts';
import { isTaggedName, type Client, type ClientMetadata } from './client.ts';
import { registeredTypes } from './response-types.ts';

const texts = z.array(z.string());

/** Members that decide something here; the rest of what a client was registered with stands beside them as it came. */
export const clientBody = z.looseObject({
  tenant_id: z.string(),
  authorization_server_id: z.string().describe('the workspace it belongs to'),
  client_id: z.string(),
  client_id_issued_at: z.int().describe('seconds since the epoch'),
  client_name: z.string().optional(),
  client_secret: z.string().describe('empty for callers that may not manage clients'),
  client_secret_expires_at: z.int().describe('0: it does not expire'),
  client_status: z.enum(['active', 'inactive']),
  client_type: z.literal('oauth2'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  rotated_secrets: texts.describe('secrets that were replaced and are still accepted'),
  redirect_uris: texts.optional(),
  grant_types: texts.optional(),
  response_types: texts.optional(),
  token_endpoint_auth_method: z.string().optional(),
  scope: z.string().describe('its scopes, separated by a space'),
  scopes: texts,
  trusted: z.boolean(),
});

/**
 * @param reveal whether the caller may manage clients: who may only view them does not get to act as one
 * @param now milliseconds since the epoch: secrets whose time is over are left out
 */
export function toClientBody(client: Client, reveal: boolean, now: number): z.infer<typeof clientBody> {
  const { metadata } = client;
  const scope = metadata.scope ?? '';
  return {
    ...metadata,
    tenant_id: client.tenantId,
    authorization_server_id: client.workspaceId,
    client_id: client.id,
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    client_secret: reveal ? (client.secret ?? '') : '',
    client_secret_expires_at: 0,
    client_status: client.status,
    client_type: 'oauth2',
    created_at: new Date(client.createdAt).toISOString(),
    updated_at: new Date(client.updatedAt).toISOString(),
    rotated_secrets: reveal ? client.rotatedSecrets.filter(({ until }) => until > now).map(({ secret }) => secret) : [],
    redirect_uris: [...(metadata.redirect_uris ?? [])],
    grant_types: [...(metadata.grant_types ?? [])],
    response_types: [...(metadata.response_types ?? [])],
    scope,
    scopes: scope.split(' ').filter((name) => name !== ''),
    trusted: client.trusted,
  };
}

const uri = z.string().max(2048).optional();
const word = z.string().max(255).optional();
const list = z.array(z.string().max(2048)).max(200).optional();

/** Members that are kept as metadata: those the platform acts on, and those that only describe. */
const metadataMembers = {
  client_name: word.describe('in another language beside it: client_name#pt (RFC 7591 §2.2)'),
  description: z.string().max(4096).optional(),
  client_uri: uri,
  logo_uri: uri,
  policy_uri: uri,
  tos_uri: uri,
  app_url: uri,
  initiate_login_uri: uri,
  // A text where there is one, as some clients send it.
  redirect_uris: z
    .union([
      z
        .string()
        .max(2048)
        .transform((one) => [one]),
      z.array(z.string()).max(200),
    ])
    .optional(),
  post_logout_redirect_uris: list,
  response_types: list.describe('those that nobody serves are left out, as the answer says (RFC 7591 §3.2.1)'),
  grant_types: list,
  token_endpoint_auth_method: word,
  token_endpoint_auth_signing_alg: word,
  subject_type: z.enum(['public', 'pairwise', '']).optional(),
  jwks: publicKeySet.optional(),
  jwks_uri: uri,
  require_pushed_authorization_requests: z.boolean().optional(),
  dpop_bound_access_tokens: z
    .boolean()
    .optional()
    .describe('tokens are given for a proof of a key alone (RFC 9449 §5.2)'),
  application_type: word,
  application_types: list,
  software_id: word,
  software_version: word,
  organisation_id: word,
  metadata: z.record(z.string().max(255), z.json()).optional(),
};

/** What would bind its tokens, its answers or its people, and does not here. */
const unservedMembers = {
  tls_client_certificate_bound_access_tokens: unserved(
    'tokens are not bound to certificates (RFC 8705); dpop_bound_access_tokens binds them to a key',
  ),
  id_token_encrypted_response_alg: unserved('ID tokens are not encrypted'),
  id_token_encrypted_response_enc: unserved('ID tokens are not encrypted'),
  userinfo_signed_response_alg: unserved('answers of userinfo are not signed', (alg) => alg === 'none'),
  authorization_signed_response_alg: unserved('authorization responses are not signed (JARM)'),
  authorization_encrypted_response_alg: unserved('authorization responses are not encrypted (JARM)'),
  authorization_encrypted_response_enc: unserved('authorization responses are not encrypted (JARM)'),
  default_acr_values: unserved('how somebody signs in is not chosen by acr values'),
  backchannel_logout_uri: unserved('applications are not told of a logout'),
  use_custom_token_ttls: unserved('how long tokens live is a setting of the workspace'),
};

/**
 * What may be said of a client to make or change it; published members that decide nothing here are ignored. Names in other
 * languages are members of their own, and checked with the metadata.
 */
export const clientChangeBody = z.looseObject({
  ...metadataMembers,
  ...unservedMembers,
  scope: z.string().max(8192).optional().describe('scopes, separated by a space'),
  scopes: z.array(z.string().max(128)).max(500).optional().describe('the same; wins over scope where it is not empty'),
  trusted: z.boolean().optional().describe('skips the consent page'),
  client_status: z.enum(['active', 'inactive']).optional(),
  client_type: z.literal(['', 'oauth2'], 'clients speak OAuth 2.0').optional(),
});

export const newClientBody = clientChangeBody.extend({
  authorization_server_id: z.string().min(1).max(64).describe('the workspace it belongs to'),
  client_id: z.string().optional().describe('generated when it is not given'),
  client_secret: z.string().optional().describe('generated when it is not given'),
});

/** Empty texts and lists are not given: generated clients send them for what they do not know. */
function isGiven(value: unknown): boolean {
  return (
    value !== undefined && value !== '' && value !== 'unspecified' && !(Array.isArray(value) && value.length === 0)
  );
}

/** The metadata among the members of a body, in the words of RFC 7591. */
export function metadataIn(body: z.infer<typeof clientChangeBody>): ClientMetadata {
  const kept = Object.entries(body).filter(
    ([name, value]) => (name in metadataMembers || isTaggedName(name)) && isGiven(value),
  );
  const { scope, scopes = [], response_types: types = [] } = body;
  const named = scopes.length > 0 ? scopes.join(' ') : scope;
  const metadata: ClientMetadata = Object.fromEntries(kept);
  return {
    ...metadata,
    ...(types.length === 0 ? {} : { response_types: registeredTypes(types, metadata) }),
    ...(named === undefined || named === '' ? {} : { scope: named }),
  };
}
