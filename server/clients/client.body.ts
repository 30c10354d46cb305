/** A client as the published APIs write it. */
import { z } from 'zod';
import type { Client } from './client.ts';

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
