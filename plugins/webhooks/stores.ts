/** The plugin's stores, on the database itself or within one transaction. */
import type { Outbox, PluginHost } from '../kit/index.ts';
import { createDeliveryStore } from './delivery.store.ts';
import type { DeliveryStore } from './delivery.ts';
import { createWebhookStore } from './webhook.store.ts';
import type { WebhookStore } from './webhook.ts';

export interface Stores {
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
}

export function storesOf({ database, sealer }: Pick<PluginHost, 'database' | 'sealer'>): Stores {
  return {
    webhooks: createWebhookStore(database, { sealer }),
    deliveries: createDeliveryStore(database, { sealer }),
  };
}

/** What a use case needs of its host: rows and events that are written together. */
export type Work = <T>(work: (stores: Stores & { readonly outbox: Outbox }) => Promise<T>) => Promise<T>;

export function workOf({ transaction, sealer }: Pick<PluginHost, 'transaction' | 'sealer'>): Work {
  return (work) => transaction(({ database, outbox }) => work({ ...storesOf({ database, sealer }), outbox }));
}
