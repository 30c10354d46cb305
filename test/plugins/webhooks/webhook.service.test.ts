/** Pausing and resuming: nothing that happens meanwhile is lost, and what was on its way goes on in a run of its own. */
import assert from 'node:assert/strict';
import type { DeliveryStart } from '../../../plugins/kit/index.ts';
import { lifetimeMs, runIdOf } from '../../../plugins/webhooks/delivery.ts';
import {
  openWebhookHouse,
  place,
  webhooksPath,
  type MadeWebhook,
  type WebhookHouse,
} from '../../support/webhook-house.ts';

describe('a webhook that is paused', () => {
  let house: WebhookHouse;
  let webhook: MadeWebhook;
  before(async () => {
    house = await openWebhookHouse();
  });
  after(() => house.close());
  beforeEach(async () => {
    await house.platform.database('webhooks_endpoints').delete();
    webhook = await house.make();
    house.receiver.got.length = 0;
    house.receiver.answer((response) => response.writeHead(204).end());
  });

  const ask = async (what: string) => {
    assert.equal((await house.api.ask('POST', `${webhooksPath}/${webhook.webhook_id}/${what}`)).status, 200);
  };
  const all = () => house.stores.deliveries.list({ ...place, id: webhook.webhook_id }, { limit: 100 });
  const states = async () => (await all()).map(({ state }) => state).toSorted();

  it('is sent nothing, and all that happened meanwhile once it is resumed', async () => {
    await house.happen();
    await house.relay();
    await ask('pause');
    await house.happen();
    await house.relay();
    assert.deepEqual([await house.run(), await states()], [[], ['held', 'held']]);
    await ask('resume');
    assert.deepEqual(await house.run(), [{ kind: 'delivered' }, { kind: 'delivered' }]);
    assert.equal(house.receiver.got.length, 2);
  });

  it('ends the workflow that waited, which can do nothing for the run that begins when it is resumed', async () => {
    house.receiver.answer((response) => response.writeHead(500).end());
    await house.happen();
    await house.relay();
    await house.run();
    const [before] = await all();
    assert.ok(before);
    const start: DeliveryStart = {
      tenantId: place.tenantId,
      deliveryId: runIdOf(before),
      kind: 'webhook',
      destinations: 1,
      lifetimeMs,
    };
    const held = { kind: 'over', end: { outcome: 'failed', reason: 'held' } };
    await ask('pause');
    assert.deepEqual(await house.deliveries.attempt(start, { number: 2, destination: 0 }), held);
    await ask('resume');
    assert.equal((await house.deliveries.attempt(start, { number: 2, destination: 0 })).kind, 'over');
    await house.deliveries.close(start, { outcome: 'expired', reason: 'late' });
    assert.deepEqual(await states(), ['waiting'], 'it is another run that waits');
    assert.equal(house.receiver.got.length, 1);
    const [due] = await house.deliveries.listDue(house.now(), 10);
    assert.equal(due?.deliveryId, runIdOf({ ...before, run: 2 }));
  });

  it('keeps what is sent again for when it is resumed', async () => {
    await house.happen();
    await house.relay();
    await house.run();
    await ask('pause');
    const [one] = await all();
    await house.api.ask('POST', `${webhooksPath}/${webhook.webhook_id}/deliveries/${one?.id ?? ''}/redeliver`);
    assert.deepEqual([await house.run(), await states()], [[], ['held']]);
    await ask('resume');
    await house.run();
    assert.deepEqual(await states(), ['delivered']);
  });

  it('is told nothing more once it is not active: what waits ends, and says why', async () => {
    await house.happen();
    await house.relay();
    const body = { url: `${house.receiver.origin}/hook`, insecure: true, active: false };
    await house.api.ask('PUT', `${webhooksPath}/${webhook.webhook_id}`, { body });
    await house.run();
    const [one] = await all();
    assert.deepEqual([one?.state, one?.reason, house.receiver.got.length], ['failed', 'inactive', 0]);
  });

  it('is not held to what failed at another address, or before it was switched off', async () => {
    house.receiver.answer((response) => response.writeHead(500).end());
    await house.happen();
    await house.relay();
    await house.run();
    const failing = async () =>
      (await house.stores.webhooks.find(place.tenantId, place.workspaceId, webhook.webhook_id))?.failingSince !==
      undefined;
    const put = (more: object) =>
      house.api.ask('PUT', `${webhooksPath}/${webhook.webhook_id}`, {
        body: { url: `${house.receiver.origin}/hook`, insecure: true, active: true, ...more },
      });
    await put({});
    assert.equal(await failing(), true);
    await put({ url: `${house.receiver.origin}/other` });
    assert.equal(await failing(), false);
    await house.stores.webhooks.noteFailure({ ...place, id: webhook.webhook_id }, house.now());
    await put({ url: `${house.receiver.origin}/other`, active: false });
    assert.equal(await failing(), false);
  });

  it('loses what is on its way when it is removed, and a workflow that asks hears so', async () => {
    await house.happen();
    await house.relay();
    const [due] = await house.deliveries.listDue(house.now(), 10);
    assert.ok(due);
    await house.api.ask('DELETE', `${webhooksPath}/${webhook.webhook_id}`);
    const answer = await house.deliveries.attempt({ ...due, lifetimeMs }, { number: 1, destination: 0 });
    assert.deepEqual(answer, { kind: 'over', end: { outcome: 'failed', reason: 'gone' } });
  });
});
