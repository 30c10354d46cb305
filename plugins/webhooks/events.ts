/** What the plugin tells of its endpoints: that one was changed, and how. Never a secret. */
import type { EventName, Outbox } from '../kit/index.ts';
import type { Webhook } from './webhook.ts';

const actions = [
  'created',
  'updated',
  'deleted',
  'paused',
  'resumed',
  'secret_rotated',
  'disabled',
  'redelivered',
] as const;
export type WebhookAction = (typeof actions)[number];

export const webhookEvents: readonly EventName[] = actions.map((action) => `webhook ${action}`);

export async function tellOfWebhook(
  outbox: Outbox,
  { tenantId, workspaceId, id, url, active }: Webhook,
  action: WebhookAction,
  more: Readonly<Record<string, string | number>> = {},
): Promise<void> {
  // A query may hold what only the receiver is to know.
  const { origin, pathname } = new URL(url);
  await outbox.append({
    tenantId,
    workspaceId,
    subject: 'webhook',
    action,
    metadata: {},
    payload: { [`webhook_${action}`]: { id, url: `${origin}${pathname}`, active, ...more } },
  });
}
