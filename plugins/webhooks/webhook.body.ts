/** Endpoints as the published Admin API writes them: secrets go in, and come out once, when they are made. */
import { z } from 'zod';
import type { Webhook, WebhookSecrets, WebhookWords } from './webhook.ts';

const events = z
  .record(z.string().max(64), z.array(z.string().max(64)).max(50))
  .refine((subjects) => Object.keys(subjects).length <= 100, 'must name at most 100 subjects')
  .describe('actions by subject: it is told of these and nothing else');

export const webhookBody = z.object({
  url: z.string().min(1).max(2048).describe('https, or http where insecure is true'),
  active: z.boolean().optional().describe('false unless said: it is told of nothing'),
  insecure: z.boolean().optional().describe('for developers: plain http, and any certificate'),
  api_key: z.string().max(255).optional().describe('the value of X-API-Key; generated when it is not given'),
  events: events.optional(),
  ordered: z.boolean().optional().describe('what is about one person or client arrives in its order'),
});
export const newWebhookBody = webhookBody.extend({
  webhook_id: z.string().max(64).optional().describe('generated when it is not given'),
});

export const webhookAnswer = z.object({
  webhook_id: z.string(),
  url: z.string(),
  active: z.boolean(),
  insecure: z.boolean(),
  events: z.record(z.string(), z.array(z.string())),
  ordered: z.boolean(),
  state: z.enum(['running', 'paused', 'disabled']).describe('what happens while it does not run is kept for it'),
  disabled_reason: z.string().optional(),
  failing_since: z.iso.datetime().optional().describe('every try has failed since then'),
});
export const webhooksAnswer = z.object({ webhooks: z.array(webhookAnswer) });
export const newWebhookAnswer = webhookAnswer.extend({
  api_key: z.string().describe('shown this once'),
  signing_secret: z.string().describe('of Standard Webhooks signatures; shown this once'),
});

export const rotationBody = z.object({
  overlap: z
    .string()
    .max(32)
    .optional()
    .describe('how long the old secret signs beside it, up to 168h; 24h by default'),
});
export const rotationAnswer = z.object({ signing_secret: z.string().describe('shown this once') });

export const catalogueAnswer = z.object({
  subjects: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      events: z.array(z.object({ name: z.string(), description: z.string() })),
    }),
  ),
});

/** Generated clients send empty texts for what they do not say. */
export function wordsIn(body: z.infer<typeof webhookBody>): WebhookWords {
  return {
    url: body.url,
    active: body.active ?? false,
    insecure: body.insecure ?? false,
    ordered: body.ordered ?? false,
    events: Object.fromEntries(Object.entries(body.events ?? {}).map(([name, list]) => [name, [...new Set(list)]])),
    apiKey: body.api_key === '' ? undefined : body.api_key,
  };
}

export function toWebhookBody(webhook: Webhook): z.infer<typeof webhookAnswer> {
  const { disabledReason, failingSince } = webhook;
  return {
    webhook_id: webhook.id,
    url: webhook.url,
    active: webhook.active,
    insecure: webhook.insecure,
    events: Object.fromEntries(Object.entries(webhook.events).map(([name, list]) => [name, [...list]])),
    ordered: webhook.ordered,
    state: webhook.state,
    ...(disabledReason === undefined ? {} : { disabled_reason: disabledReason }),
    ...(failingSince === undefined ? {} : { failing_since: new Date(failingSince).toISOString() }),
  };
}

export function toNewWebhookBody(
  webhook: Webhook,
  { apiKey, signing }: WebhookSecrets,
): z.infer<typeof newWebhookAnswer> {
  return { ...toWebhookBody(webhook), api_key: apiKey, signing_secret: signing[0]?.secret ?? '' };
}
