/** Sending a range again goes through all of it, a part at a time, and stops at a thousand. */
import assert from 'node:assert/strict';
import { createRedeliveryService } from '../../../plugins/webhooks/redelivery.service.ts';
import { newDelivery } from '../../../plugins/webhooks/delivery.ts';
import { workOf } from '../../../plugins/webhooks/stores.ts';
import { eventId, newId } from '../../../server/kernel/ids.ts';
import { openWebhookHouse, place, type WebhookHouse } from '../../support/webhook-house.ts';

describe('createRedeliveryService', () => {
  let house: WebhookHouse;
  before(async () => {
    house = await openWebhookHouse();
  });
  after(() => house.close());

  it('sends again all of a range, and says where it stopped; each of them once', async () => {
    const { webhook_id: id } = await house.make();
    const { deliveries, webhooks } = house.stores;
    const webhook = await webhooks.find(place.tenantId, place.workspaceId, id);
    assert.ok(webhook);
    const host = house.platform.hostOf('webhooks');
    await host.transaction(async ({ database }) => {
      for (let at = 0; at < 1050; at += 1) {
        const event = {
          ...place,
          id: eventId(newId()),
          at,
          subject: 'client',
          action: 'created',
          metadata: {},
          payload: {},
        };
        const one = { ...newDelivery(webhook, event, 0), state: 'expired', dueAt: undefined } as const;
        await database('webhooks_deliveries').insert({
          tenant_id: one.tenantId,
          workspace_id: one.workspaceId,
          webhook_id: one.webhookId,
          id: one.id,
          event_id: one.eventId,
          subject: one.subject,
          action: one.action,
          event_at: one.eventAt,
          state: one.state,
          attempts: 0,
          run: 1,
          created_at: 0,
          remove_at: 1,
        });
      }
    });
    let rang = 0;
    const service = createRedeliveryService({
      stores: house.stores,
      work: workOf(host),
      clock: { now: () => 5000 },
      begin: () => (rang += 1),
    });
    const states = ['expired'] as const;
    assert.deepEqual(await service.range({ ...place, id }, { states, from: 0, to: 2000 }), {
      count: 1000,
      isCut: true,
    });
    assert.deepEqual(await service.range({ ...place, id }, { states, from: 0, to: 2000 }), { count: 50, isCut: false });
    assert.deepEqual(await service.range({ ...place, id }, { states, from: 0, to: 2000 }), { count: 0, isCut: false });
    assert.equal(rang, 3);
    assert.equal((await deliveries.count(webhook)).waiting, 1050);
    await assert.rejects(service.range({ ...place, id: 'other' }, {}), { code: 'not_found' });
  });
});
