/** Custom applications as the published Admin API writes them. */
import { z } from 'zod';
import { clientBody, toClientBody } from '../clients/client.body.ts';
import type { CustomAppWithClient, CustomAppWords } from './custom-app.service.ts';
import { customAppType, type CustomApp } from './custom-app.ts';

export const customAppBody = z.object({
  name: z.string().trim().max(255).optional().describe('what people and operators read; the id when it is not given'),
  type: z.literal(['', customAppType], `is ${customAppType}`).optional(),
  url: z.string().min(1).max(2048).describe('where people are sent, with login_id and login_state in the query'),
});
export const newCustomAppBody = customAppBody.extend({
  id: z.string().max(64).optional().describe('generated when it is not given'),
});

const shown = z.object({
  id: z.string(),
  tenant_id: z.string(),
  server_id: z.string().describe('the workspace'),
  client_id: z.string().describe('of the workspace system'),
  name: z.string(),
  type: z.literal(customAppType),
  url: z.string(),
});
export const customAppsAnswer = z.object({ custom_apps: z.array(shown) });
export const customAppAnswer = shown.extend({ client: clientBody.optional() });

export function customAppWordsIn({ name = '', url }: z.infer<typeof customAppBody>, id: string): CustomAppWords {
  return { name: name === '' ? id : name, url };
}

export function toCustomAppItem(app: CustomApp): z.infer<typeof shown> {
  return {
    id: app.id,
    tenant_id: app.tenantId,
    server_id: app.workspaceId,
    client_id: app.clientId,
    name: app.name,
    type: customAppType,
    url: app.url,
  };
}

/**
 * @param reveal whether the caller may manage custom applications, and so gets to act as one
 * @param now milliseconds since the epoch
 */
export function toCustomAppBody(
  { app, client }: CustomAppWithClient,
  reveal: boolean,
  now: number,
): z.infer<typeof customAppAnswer> {
  return { ...toCustomAppItem(app), ...(client === undefined ? {} : { client: toClientBody(client, reveal, now) }) };
}
