/** Endpoints in an exported configuration, with their secrets. What is on its way to them stays where it is. */
import { z } from 'zod';
import {
  checkGivenId,
  faultsFrom,
  newId,
  section,
  workspaceId,
  type Fault,
  type PluginHost,
  type PluginTransaction,
  type Section,
  type TenantId,
} from '../kit/index.ts';
import { tellOfWebhook } from './events.ts';
import { isSigningSecret, newApiKey, newSigningSecret } from './signature.ts';
import { storesOf } from './stores.ts';
import { webhookBody, wordsIn } from './webhook.body.ts';
import {
  changedBy,
  checkApiKey,
  checkEvents,
  checkUrl,
  mostWebhooks,
  newWebhook,
  type Webhook,
  type WebhookSecrets,
} from './webhook.ts';

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());
// Sealed under a passphrase it is longer than by itself.
const secret = z.string().min(1).max(4096);

const body = webhookBody.extend({
  server_id: z.string().min(1).max(64),
  webhook_id: z.string().max(64).default(''),
  api_key: z.string().max(4096).optional(),
  /** Ours, as the Admin API shows it: who is not told here is not told elsewhere either. */
  state: z.enum(['running', 'paused', 'disabled']).optional(),
  disabled_reason: z.string().max(64).optional(),
  /** Ours: the secret that signs, those before it, and until when each of them signs as well. */
  signing_secret: secret.optional(),
  rotated_signing_secrets: z.array(secret).max(4).optional(),
  rotated_signing_secrets_until: z.array(time).max(4).optional(),
});
type WebhookItem = z.infer<typeof body>;

function toItem(webhook: Webhook, { apiKey, signing: [current, ...rotated] }: WebhookSecrets): WebhookItem {
  const { disabledReason } = webhook;
  const old = rotated.flatMap(({ secret: text, until }) => (until === undefined ? [] : [{ text, until }]));
  return {
    server_id: webhook.workspaceId,
    webhook_id: webhook.id,
    url: webhook.url,
    active: webhook.active,
    insecure: webhook.insecure,
    ordered: webhook.ordered,
    events: Object.fromEntries(Object.entries(webhook.events).map(([name, list]) => [name, [...list]])),
    state: webhook.state,
    ...(disabledReason === undefined ? {} : { disabled_reason: disabledReason }),
    api_key: apiKey,
    ...(current === undefined ? {} : { signing_secret: current.secret }),
    ...(old.length === 0
      ? {}
      : {
          rotated_signing_secrets: old.map(({ text }) => text),
          rotated_signing_secrets_until: old.map(({ until }) => new Date(until).toISOString()),
        }),
  };
}

/** Of an item that was completed. */
function secretsIn({ api_key: apiKey = '', ...item }: WebhookItem): WebhookSecrets {
  const { signing_secret: current = '', rotated_signing_secrets: old = [] } = item;
  const { rotated_signing_secrets_until: until = [] } = item;
  return {
    apiKey,
    signing: [{ secret: current }, ...old.map((text, at) => ({ secret: text, until: Date.parse(until[at] ?? '') }))],
  };
}

function signingFaults(item: WebhookItem): readonly Fault[] {
  const { signing_secret: current, rotated_signing_secrets: old = [] } = item;
  const { rotated_signing_secrets_until: until = [] } = item;
  const message = 'must be whsec_ and 24 to 64 bytes in base64';
  const wrong = (text: string, pointer: string): readonly Fault[] =>
    isSigningSecret(text) ? [] : [{ pointer, message }];
  return [
    ...(current === undefined ? [] : wrong(current, '/signing_secret')),
    ...old.flatMap((text, at) => wrong(text, `/rotated_signing_secrets/${String(at)}`)),
    ...(old.length === until.length && (old.length === 0 || current !== undefined)
      ? []
      : [
          {
            pointer: '/rotated_signing_secrets_until',
            message: 'must say of each of the rotated_signing_secrets until when it signs beside the signing_secret',
          },
        ]),
  ];
}

function signingOf(from: Partial<WebhookItem>): Partial<WebhookItem> {
  const { signing_secret: current, rotated_signing_secrets: old, rotated_signing_secrets_until: until = [] } = from;
  return {
    ...(current === undefined ? {} : { signing_secret: current }),
    ...(old === undefined || old.length === 0
      ? {}
      : { rotated_signing_secrets: old, rotated_signing_secrets_until: until }),
  };
}

/** What was left out stays as it is stored, or begins as that of a new webhook. */
function completed(item: WebhookItem, stored: WebhookItem | undefined): WebhookItem {
  const { api_key: key, state = stored?.state ?? 'running' } = item;
  const { active, insecure, ordered, events } = wordsIn(item);
  const why = item.state === undefined ? stored?.disabled_reason : item.disabled_reason;
  return {
    server_id: item.server_id,
    webhook_id: item.webhook_id === '' ? newId() : item.webhook_id,
    url: item.url,
    active,
    insecure,
    ordered,
    events: Object.fromEntries(Object.entries(events).map(([name, list]) => [name, [...list]])),
    state,
    ...(state !== 'disabled' || why === undefined ? {} : { disabled_reason: why }),
    api_key: key === undefined || key === '' ? (stored?.api_key ?? newApiKey()) : key,
    ...signingOf(item.signing_secret === undefined ? (stored ?? { signing_secret: newSigningSecret() }) : item),
  };
}

/** @param host whose sealer, clock and events decide */
export function webhookSection(host: Pick<PluginHost, 'sealer' | 'clock' | 'events'>): Section<PluginTransaction> {
  const on = ({ database }: Pick<PluginTransaction, 'database'>) => storesOf({ database, sealer: host.sealer });
  const found = async (own: PluginTransaction, webhook: Webhook): Promise<WebhookItem> =>
    toItem(webhook, await on(own).webhooks.secrets(webhook));
  const placeOf = (tenantId: TenantId, item: WebhookItem) => ({
    tenantId,
    workspaceId: workspaceId(item.server_id),
    id: item.webhook_id,
  });

  return section<WebhookItem, PluginTransaction>({
    member: 'webhooks',
    body,
    holds: ['place'],
    most: mostWebhooks,
    placeMember: 'server_id',
    nameOf: ({ server_id: place, webhook_id: id, url }) => `${place} ${id === '' ? url : id}`,
    placeOf: ({ server_id: place }) => place,
    async *list(own, tenant, place) {
      if (place === undefined) return;
      for (const webhook of await on(own).webhooks.list(tenant, workspaceId(place))) yield await found(own, webhook);
    },
    async find(own, tenant, item) {
      if (item.webhook_id === '') return undefined;
      const { workspaceId: workspace, id } = placeOf(tenant, item);
      const webhook = await on(own).webhooks.find(tenant, workspace, id);
      return webhook === undefined ? undefined : found(own, webhook);
    },
    faults: (item) =>
      Promise.resolve([
        ...faultsFrom(() => {
          if (item.webhook_id !== '') checkGivenId(item.webhook_id, '/webhook_id');
        }),
        ...faultsFrom(() => {
          checkUrl(item.url, item.insecure === true);
        }),
        ...faultsFrom(() => {
          checkEvents(item.events ?? {}, host.events.names);
        }),
        ...faultsFrom(() => {
          if (item.api_key !== undefined && item.api_key !== '') checkApiKey(item.api_key);
        }),
        ...signingFaults(item),
      ]),
    complete: (item, stored) => Promise.resolve(completed(item, stored)),
    async write(own, tenant, item, stored) {
      const { webhooks, deliveries } = on(own);
      const place = placeOf(tenant, item);
      const now = host.clock.now();
      const { apiKey: _, ...words } = wordsIn(item);
      const state = { state: item.state ?? 'running', disabledReason: item.disabled_reason };
      if (stored === undefined) {
        const webhook: Webhook = { ...newWebhook(place, words, now), ...state };
        await webhooks.insert(webhook, secretsIn(item));
        await tellOfWebhook(own.outbox, webhook, 'created');
        return;
      }
      const before = await webhooks.find(tenant, place.workspaceId, place.id);
      if (before === undefined) return;
      const isResumed = state.state === 'running' && before.state !== 'running';
      const changed = changedBy(before, words, now);
      const webhook: Webhook = { ...changed, ...state, ...(isResumed ? { failingSince: undefined } : {}) };
      await webhooks.update(webhook, secretsIn(item));
      if (isResumed) await deliveries.resume(webhook, now);
      else if (state.state !== 'running') await deliveries.hold(webhook);
      await tellOfWebhook(own.outbox, webhook, 'updated');
    },
    secrets({ api_key: key, signing_secret: current, rotated_signing_secrets: old, ...item }, map) {
      return {
        ...item,
        ...(key === undefined || key === '' ? {} : { api_key: map(key, 'api_key') }),
        ...(current === undefined ? {} : { signing_secret: map(current, 'signing_secret') }),
        ...(old === undefined
          ? {}
          : { rotated_signing_secrets: old.map((one, at) => map(one, `rotated_signing_secrets/${String(at)}`)) }),
      };
    },
  });
}
