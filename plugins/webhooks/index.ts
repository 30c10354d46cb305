/** Webhooks: endpoints of a workspace's administrators are told of its events, durably, and by whom it was. */
import { z } from 'zod';
import { definePlugin } from '../kit/index.ts';
import { deliveryEndpoints } from './delivery.routes.ts';
import { createWebhookDeliveries, observerId } from './delivery.service.ts';
import { newDelivery, runIdOf } from './delivery.ts';
import { webhookEvents } from './events.ts';
import { down, tables, up } from './migrations/0001_webhooks.ts';
import * as hurried from './migrations/0002_hurried.ts';
import { createRedeliveryService } from './redelivery.service.ts';
import { storesOf, workOf } from './stores.ts';
import { webhookEndpoints } from './webhook.routes.ts';
import { webhookSection } from './webhook.section.ts';
import { createWebhookService } from './webhook.service.ts';
import { isListenedFor } from './webhook.store.ts';

export const webhooks = definePlugin({
  id: 'webhooks',
  title: 'Webhooks',
  config: { workspace: z.object({}) },
  // Published clients expect it of every workspace.
  isOnByDefault: true,
  migrations: [
    { name: '0001_webhooks', tables, up, down },
    { name: '0002_hurried', tables: [], up: hurried.up, down: hurried.down },
  ],
  setup(ext) {
    ext.events({
      publishes: webhookEvents,
      observes: [
        {
          id: observerId,
          on: 'every',
          concerns: isListenedFor,
          async handle(event, host) {
            const stores = storesOf(host);
            const found = await stores.webhooks.subscribed(event);
            for (const webhook of found)
              await stores.deliveries.insertOnce(newDelivery(webhook, event, host.clock.now()));
            if (found.length > 0) host.beginDeliveries();
          },
        },
      ],
    });
    ext.endpoints(({ host, workspaceOf }) => {
      const stores = storesOf(host);
      const work = workOf(host);
      const { clock, events } = host;
      const begin = (): void => {
        host.beginDeliveries();
      };
      return [
        ...webhookEndpoints({
          webhooks: stores.webhooks,
          service: createWebhookService({ work, clock, known: events.names, begin }),
          host,
          workspaceOf,
        }),
        ...deliveryEndpoints({
          stores,
          service: createRedeliveryService({ stores, work, clock, begin }),
          host,
          workspaceOf,
        }),
      ];
    });
    ext.deliveries(createWebhookDeliveries);
    ext.exportable((host) => [webhookSection(host)]);
    ext.sweeps([
      {
        id: 'deliveries',
        async run(host, now, limit) {
          const { deliveries } = storesOf(host);
          const over = await deliveries.listExpired(now, limit);
          // Keys first: a row that is left finds its way back here, a key would not.
          for (const one of over)
            for (let run = 1; run <= one.run; run += 1)
              await host.forgetDelivery(one.tenantId, runIdOf({ id: one.id, run }));
          return deliveries.remove(over);
        },
      },
    ]);
  },
});
