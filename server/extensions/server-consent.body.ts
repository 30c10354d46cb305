/** The consent page of a workspace as the published Admin API writes it. */
import { z } from 'zod';
import { clientBody, toClientBody } from '../clients/client.body.ts';
import { unprocessable } from '../kernel/errors.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { ServerConsentWithClient } from './server-consent.service.ts';

const url = z.string().max(2048).optional();

export const serverConsentBody = z.object({
  type: z.string().max(64).describe('custom: a page of yours; oidc: our own'),
  custom: z
    .object({
      server_consent_url: url.describe('where people are sent, with login_id and login_state in the query'),
      scope_grant_url: url.describe('the same, as it was called before'),
    })
    .optional(),
});

export const serverConsentAnswer = z.object({
  type: z.enum(['custom', 'oidc']),
  tenant_id: z.string(),
  server_id: z.string().describe('the workspace'),
  custom: z.object({ server_consent_url: z.string() }).optional(),
  oidc: z.object({}).optional(),
  client_id: z.string().optional().describe('of the workspace system'),
  client: clientBody.optional(),
});

/**
 * @returns where people are to be sent; undefined where they decide on our own page
 * @throws PlatformError `unprocessable_entity`
 */
export function consentUrlIn({ type, custom = {} }: z.infer<typeof serverConsentBody>): string | undefined {
  if (type === 'oidc') return undefined;
  if (type !== 'custom')
    throw unprocessable('/type', 'It must be custom or oidc: no plugin that is installed brings another consent page.');
  const { server_consent_url: given = '', scope_grant_url: former = '' } = custom;
  const page = given === '' ? former : given;
  if (page === '') throw unprocessable('/custom/server_consent_url', 'A page of yours needs its address.');
  return page;
}

/**
 * @param reveal whether the caller may change the workspace, and so gets to act as the page
 * @param now milliseconds since the epoch
 */
export function toServerConsentBody(
  found: ServerConsentWithClient | undefined,
  { tenantId, workspaceId }: { readonly tenantId: TenantId; readonly workspaceId: WorkspaceId },
  reveal: boolean,
  now: number,
): z.infer<typeof serverConsentAnswer> {
  const place = { tenant_id: tenantId, server_id: workspaceId };
  if (found === undefined) return { type: 'oidc', ...place, oidc: {} };
  const { consent, client } = found;
  return {
    type: 'custom',
    ...place,
    custom: { server_consent_url: consent.url },
    client_id: consent.clientId,
    ...(client === undefined ? {} : { client: toClientBody(client, reveal, now) }),
  };
}
