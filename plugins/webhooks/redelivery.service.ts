/** Sends again what has ended, and now what waits for its next try. What waits for more than that stays where it is. */
import { PlatformError, type Clock } from '../kit/index.ts';
import { mostHurriedTries, type Delivery, type DeliveryFilter } from './delivery.ts';
import { tellOfWebhook } from './events.ts';
import type { Stores, Work } from './stores.ts';
import type { Webhook } from './webhook.ts';
import type { WebhookPlace } from './webhook.service.ts';

export interface Redelivered {
  /** As it stands then: held where its webhook does not run, and sent once it does. */
  readonly delivery: Delivery;
  /** What is tried now in its place, since it comes before it in their order. */
  readonly waitsFor: Delivery['id'] | undefined;
}

export interface RedeliveryService {
  /**
   * Begins one anew that has ended, or has one tried now that waits: where order matters, the first of those it waits for.
   * @throws PlatformError `not_found`; `conflict` where that was tried too often
   */
  one(place: WebhookPlace, id: string): Promise<Redelivered>;
  /**
   * What happened in this time, at most a thousand of it, the latest first.
   * @returns how many are sent again, and whether there may be more
   */
  range(place: WebhookPlace, filter: DeliveryFilter): Promise<{ readonly count: number; readonly isCut: boolean }>;
}

const atOnce = 100;
const most = 1000;

export function createRedeliveryService(deps: {
  readonly stores: Stores;
  readonly work: Work;
  readonly clock: Clock;
  readonly begin: () => void;
}): RedeliveryService {
  const { stores, work, clock, begin } = deps;

  const find = async ({ tenantId, workspaceId, id }: WebhookPlace): Promise<Webhook> => {
    const webhook = await stores.webhooks.find(tenantId, workspaceId, id);
    if (webhook === undefined) throw new PlatformError('not_found', 'There is no such webhook.');
    return webhook;
  };

  return {
    async one(place, id) {
      const webhook = await find(place);
      const repeated = await work(async ({ deliveries, outbox }) => {
        const delivery = await ownDelivery({ deliveries }, webhook, id);
        const now = clock.now();
        const first = delivery.state === 'waiting' ? await firstOf({ deliveries }, delivery) : delivery;
        const isNew = isPending(delivery)
          ? first.state === 'waiting' && (await deliveries.hurry(first, now))
          : await deliveries.repeat(delivery, now, webhook.state !== 'running');
        // Somebody asked just before, or it ended meanwhile, or is sent with all that is held: it is as it is.
        if (isNew) await tellOfWebhook(outbox, webhook, 'redelivered', { deliveries: 1 });
        return {
          delivery: (await deliveries.find(delivery.tenantId, delivery.id)) ?? delivery,
          waitsFor: first.id === delivery.id ? undefined : first.id,
        };
      });
      begin();
      return repeated;
    },

    async range(place, filter) {
      const webhook = await find(place);
      let count = 0;
      let after: string | undefined;
      let isCut = false;
      // A part at a time, so that others have their turn at the database.
      for (let looked = 0; ;) {
        const page = await stores.deliveries.list(webhook, {
          ...filter,
          limit: atOnce,
          ...(after === undefined ? {} : { after }),
        });
        const now = clock.now();
        const ended = page.filter((one) => !isPending(one));
        count += await work(async ({ deliveries }) => {
          let repeated = 0;
          for (const one of ended) if (await deliveries.repeat(one, now, webhook.state !== 'running')) repeated += 1;
          return repeated;
        });
        looked += page.length;
        after = page.at(-1)?.id;
        if (page.length < atOnce) break;
        isCut = looked >= most;
        if (isCut) break;
      }
      if (count > 0) await work(({ outbox }) => tellOfWebhook(outbox, webhook, 'redelivered', { deliveries: count }));
      begin();
      return { count, isCut };
    },
  };
}

const isPending = ({ state }: Delivery): boolean => state === 'waiting' || state === 'held';

/** Itself, or what it waits for. @throws PlatformError `conflict` where a try more would be one too many */
async function firstOf({ deliveries }: Pick<Stores, 'deliveries'>, delivery: Delivery): Promise<Delivery> {
  const first = delivery.orderKey === undefined ? undefined : await deliveries.firstInOrder(delivery);
  const { attempts } = first ?? delivery;
  if (attempts >= mostHurriedTries)
    throw new PlatformError('conflict', 'This delivery was tried too often to be hurried: wait for its next try.');
  return first ?? delivery;
}

/** One of this webhook's, and of no other. @throws PlatformError `not_found` */
export async function ownDelivery(
  { deliveries }: Pick<Stores, 'deliveries'>,
  { tenantId, workspaceId, id: webhookId }: Pick<Webhook, 'tenantId' | 'workspaceId' | 'id'>,
  id: string,
): Promise<Delivery> {
  const found = await deliveries.find(tenantId, id);
  if (found?.webhookId !== webhookId || found.workspaceId !== workspaceId)
    throw new PlatformError('not_found', 'There is no such delivery.');
  return found;
}
