/** Making, changing, pausing and removing endpoints; each change with the event that tells of it. */
import {
  checkGivenId,
  newId,
  PlatformError,
  unprocessable,
  type Clock,
  type EventName,
  type TenantId,
  type WorkspaceId,
} from '../kit/index.ts';
import { tellOfWebhook } from './events.ts';
import { newApiKey, newSigningSecret } from './signature.ts';
import type { Stores, Work } from './stores.ts';
import {
  changedBy,
  checkApiKey,
  checkEvents,
  checkUrl,
  mostWebhooks,
  newWebhook,
  type Webhook,
  type WebhookSecrets,
  type WebhookWords,
} from './webhook.ts';

export interface WebhookPlace {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly id: string;
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: Webhook) => void;
}

export interface WebhookService {
  /** @param id random where it is empty. @throws PlatformError `unprocessable_entity`, `conflict` */
  create(
    place: WebhookPlace,
    words: WebhookWords,
  ): Promise<{ readonly webhook: Webhook; readonly secrets: WebhookSecrets }>;
  /** @throws PlatformError `not_found`, `unprocessable_entity` */
  update(place: WebhookPlace, words: WebhookWords): Promise<Webhook>;
  /** With everything that is on its way to it. @throws PlatformError `not_found` */
  remove(place: WebhookPlace): Promise<void>;
  /** What happens from now on is kept for it. @throws PlatformError `not_found` */
  pause(place: WebhookPlace): Promise<Webhook>;
  /** Sends what was kept, also to one that the platform has disabled. @throws PlatformError `not_found` */
  resume(place: WebhookPlace): Promise<Webhook>;
  /**
   * A new signing secret; the one before signs beside it for a while.
   * @param overlapMs how long. @returns the new secret
   */
  rotateSecret(place: WebhookPlace, overlapMs: number): Promise<string>;
}

export interface WebhookServiceDeps {
  readonly work: Work;
  readonly clock: Clock;
  readonly known: readonly EventName[];
  /** Has what waits looked for. */
  readonly begin: () => void;
}

export function createWebhookService({ work, clock, known, begin }: WebhookServiceDeps): WebhookService {
  const checked = ({ url, insecure, events, apiKey }: WebhookWords): void => {
    checkUrl(url, insecure);
    checkEvents(events, known);
    if (apiKey !== undefined) checkApiKey(apiKey);
  };

  return {
    async create(place, words) {
      const id = place.id === '' ? newId() : place.id;
      checkGivenId(id, '/webhook_id');
      checked(words);
      const { apiKey = newApiKey(), ...said } = words;
      const { tenantId, workspaceId } = place;
      const webhook = newWebhook({ tenantId, workspaceId, id }, said, clock.now());
      const secrets: WebhookSecrets = { apiKey, signing: [{ secret: newSigningSecret() }] };
      await work(async ({ webhooks, outbox }) => {
        if ((await webhooks.list(tenantId, workspaceId)).length >= mostWebhooks)
          throw unprocessable('', `A workspace has at most ${String(mostWebhooks)} webhooks.`);
        await webhooks.insert(webhook, secrets);
        await tellOfWebhook(outbox, webhook, 'created');
      });
      return { webhook, secrets };
    },

    update(place, words) {
      checked(words);
      const { apiKey, ...said } = words;
      return work(async ({ webhooks, outbox }) => {
        const stored = await get(webhooks, place);
        const webhook = changedBy(stored, said, clock.now());
        const secrets = apiKey === undefined ? undefined : { ...(await webhooks.secrets(stored)), apiKey };
        await webhooks.update(webhook, secrets);
        await tellOfWebhook(outbox, webhook, 'updated');
        return webhook;
      });
    },

    remove: (place) =>
      work(async ({ webhooks, outbox }) => {
        const webhook = await get(webhooks, place);
        await webhooks.remove(webhook);
        await tellOfWebhook(outbox, webhook, 'deleted');
      }),

    pause: (place) =>
      work(async ({ webhooks, deliveries, outbox }) => {
        const stored = await get(webhooks, place);
        if (stored.state === 'paused') return stored;
        const webhook: Webhook = { ...stored, state: 'paused', disabledReason: undefined, updatedAt: clock.now() };
        await webhooks.update(webhook);
        await deliveries.hold(webhook);
        await tellOfWebhook(outbox, webhook, 'paused');
        return webhook;
      }),

    async resume(place) {
      const now = clock.now();
      const resumed = await work(async ({ webhooks, deliveries, outbox }) => {
        const stored = await get(webhooks, place);
        if (stored.state === 'running') return stored;
        const webhook: Webhook = {
          ...stored,
          state: 'running',
          disabledReason: undefined,
          failingSince: undefined,
          updatedAt: now,
        };
        await webhooks.update(webhook);
        const count = await deliveries.resume(webhook, now);
        await tellOfWebhook(outbox, webhook, 'resumed', { deliveries: count });
        return webhook;
      });
      begin();
      return resumed;
    },

    rotateSecret: (place, overlapMs) =>
      work(async ({ webhooks, outbox }) => {
        const webhook = await get(webhooks, place);
        const now = clock.now();
        const secrets = await webhooks.secrets(webhook);
        const [before] = secrets.signing;
        const secret = newSigningSecret();
        const old = before === undefined || overlapMs === 0 ? [] : [{ ...before, until: now + overlapMs }];
        await webhooks.update({ ...webhook, updatedAt: now }, { ...secrets, signing: [{ secret }, ...old] });
        await tellOfWebhook(outbox, webhook, 'secret_rotated');
        return secret;
      }),
  };
}

async function get(webhooks: Stores['webhooks'], place: WebhookPlace): Promise<Webhook> {
  const webhook = await webhooks.find(place.tenantId, place.workspaceId, place.id);
  if (webhook === undefined) throw new PlatformError('not_found', 'There is no such webhook.');
  place.check?.(webhook);
  return webhook;
}
