/** Deliveries and their tries in rows, on every database. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createDeliveryStore } from '../../../plugins/webhooks/delivery.store.ts';
import {
  hurryEveryMs,
  keptMs,
  mostAttemptsKept,
  mostHurriedTries,
  newDelivery,
  type Delivery,
} from '../../../plugins/webhooks/delivery.ts';
import { webhooks as plugin } from '../../../plugins/webhooks/index.ts';
import { createWebhookStore } from '../../../plugins/webhooks/webhook.store.ts';
import type { Webhook } from '../../../plugins/webhooks/webhook.ts';
import { migrateLatest } from '../../../server/db/migrate.ts';
import { eventId, newId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedTenant, testSealer } from '../../support/stores.ts';
import { walkedWhileItChanges } from '../../support/walked-lists.ts';

const exchange = { url: 'https://shop.example/planted', headers: { 'webhook-id': 'x' } };

onEachDatabase('deliveries in rows', (open) => {
  let knex: Knex;
  let webhook: Webhook;
  before(async () => {
    knex = await open();
    await migrateLatest(knex, { history: 'knex_migrations_webhooks', migrations: plugin.migrations });
  });
  beforeEach(async () => {
    await knex('webhooks_endpoints').delete();
    const { tenant, workspace } = await seedTenant(knex);
    webhook = {
      tenantId: tenant,
      workspaceId: workspace,
      id: 'shop',
      url: 'https://shop.example/hooks',
      active: true,
      insecure: false,
      ordered: true,
      events: {},
      state: 'running',
      disabledReason: undefined,
      failingSince: undefined,
      createdAt: 1,
      updatedAt: 1,
    };
    await createWebhookStore(knex, { sealer: testSealer }).insert(webhook, { apiKey: 'k', signing: [] });
  });

  const store = () => createDeliveryStore(knex, { sealer: testSealer });
  const written = async (at: number, user = 'ada'): Promise<Delivery> => {
    const { tenantId, workspaceId } = webhook;
    const event = {
      tenantId,
      workspaceId,
      id: eventId(newId()),
      at,
      subject: 'user',
      action: 'created',
      metadata: { user_id: user },
      payload: {},
    };
    const delivery = newDelivery(webhook, event, at);
    await store().insertOnce(delivery);
    return delivery;
  };
  const found = async ({ tenantId, id }: Delivery) => {
    const row = await store().find(tenantId, id);
    assert.ok(row);
    return row;
  };

  it('come back as they were written, and are written once', async () => {
    const one = await written(5);
    await store().insertOnce({ ...one, state: 'failed' });
    assert.deepEqual(await found(one), one);
  });

  it('are listed page by page, nobody missed and nobody twice, while deliveries come and go', async () => {
    const { tenantId, workspaceId } = webhook;
    const event = { tenantId, workspaceId, subject: 'user', action: 'created', metadata: {}, payload: {} };
    await walkedWhileItChanges({
      isHeld: true,
      ways: [{ order: 'desc', towards: 'after' }],
      // Three at a time happened at once.
      insert: (id, place) => {
        const at = Math.trunc(place / 3000);
        return store().insertOnce({ ...newDelivery(webhook, { ...event, id: eventId(id), at }, at), id });
      },
      remove: (id) => knex('webhooks_deliveries').where({ tenant_id: tenantId, id }).delete(),
      page: async ({ after, limit }) =>
        (await store().list(webhook, { limit, ...(after === undefined ? {} : { after }) })).map(({ id }) => id),
    });
  });

  it('are due when their time has come, the oldest first, until they are put off', async () => {
    const [late, early] = [await written(20), await written(10)];
    const due = async (now: number) => (await store().listDue(now, 10)).map(({ id }) => id);
    assert.deepEqual(await due(1009), []);
    assert.deepEqual(await due(1020), [early.id, late.id]);
    await store().postpone({ ...early, run: 2 }, 5000, true);
    assert.deepEqual(await due(1020), [early.id, late.id], 'another run puts nothing off');
    await store().postpone(early, 5000, true);
    assert.deepEqual(await due(1020), [late.id]);
  });

  it('are hurried while they wait, once in a while, and stay so until their workflow was told', async () => {
    const one = await written(5);
    const dueOnes = async (now: number) => (await store().listDue(now, 10)).map(({ id, isHurried }) => [id, isHurried]);
    await store().postpone(one, 900_000, true);
    assert.equal(await store().hurry({ ...one, run: 2 }, 2000), false, 'another run is hurried by nobody');
    assert.equal(await store().hurry(one, 2000), true);
    assert.equal(await store().hurry(one, 2000), false);
    assert.deepEqual(await dueOnes(2000), [[one.id, true]]);
    // Who looked before somebody wanted it, or could not tell its workflow, puts nothing off and forgets nothing.
    await store().postpone(one, 900_000, true);
    assert.deepEqual(await dueOnes(2000), [[one.id, true]]);
    await store().postpone(await found(one), 5000, false);
    assert.deepEqual([await dueOnes(4999), await dueOnes(5000)], [[], [[one.id, true]]]);
    await store().postpone(await found(one), 900_000, true);
    assert.deepEqual(await dueOnes(899_999), []);
    assert.equal((await found(one)).isHurried, false);
    assert.equal(await store().hurry(one, 2000 + hurryEveryMs - 1), false, 'it was tried just before');
    assert.equal(await store().hurry(one, 2000 + hurryEveryMs), true);
    await store().end(one, { state: 'delivered', reason: 'delivered' }, 50_000);
    assert.equal(await store().hurry(one, 60_000), false, 'it has ended');
    const tried = await written(6);
    await knex('webhooks_deliveries').where({ id: tried.id }).update({ attempts: mostHurriedTries });
    assert.equal(await store().hurry(tried, 60_000), false, 'it was tried too often');
  });

  it('end once, in the run that waits, and are repeated as another run out of its order', async () => {
    const one = await written(5);
    const failed = { state: 'failed', reason: 'x' } as const;
    assert.equal(await store().repeat(one, 9, false), false, 'it has not ended');
    assert.equal(await store().end({ ...one, run: 2 }, failed, 7), false);
    assert.equal(await store().end(one, failed, 7), true);
    assert.equal(await store().end(one, { state: 'delivered', reason: 'late' }, 8), false);
    assert.deepEqual([(await found(one)).reason, (await found(one)).endedAt], ['x', 7]);
    assert.deepEqual([await store().repeat(one, 9, false), await store().repeat(one, 9, false)], [true, false]);
    const again = await found(one);
    assert.deepEqual([again.state, again.run, again.dueAt, again.orderKey], ['waiting', 2, 9, undefined]);
  });

  it('keep the latest tries, sealed, and go with their endpoint', async () => {
    const one = await written(5);
    for (let count = 1; count <= mostAttemptsKept + 2; count += 1)
      assert.equal(await store().beginAttempt(await found(one), count, exchange), count);
    const number = mostAttemptsKept + 2;
    const answer = { headers: {}, body: 'planted' };
    await store().endAttempt(one, {
      number,
      durationMs: 3,
      status: 500,
      reason: 'status_500',
      exchange: { ...exchange, answer },
    });
    const attempts = await store().attempts(one.tenantId, one.id);
    assert.deepEqual([attempts.length, attempts[0]?.number], [mostAttemptsKept, 3]);
    assert.deepEqual(attempts.at(-1), {
      number,
      at: number,
      durationMs: 3,
      status: 500,
      reason: 'status_500',
      exchange: { ...exchange, answer },
    });
    assert.deepEqual([(await found(one)).reason, (await found(one)).startedAt], ['status_500', 1]);
    assert.doesNotMatch(JSON.stringify(await knex('webhooks_attempts')), /planted/);
    await createWebhookStore(knex, { sealer: testSealer }).remove(webhook);
    assert.deepEqual([await knex('webhooks_attempts'), await knex('webhooks_deliveries')], [[], []]);
  });

  it('know what is before them of the same order, and let the next one go', async () => {
    const [first, second, other] = [await written(1), await written(2), await written(1, 'bob')];
    assert.deepEqual(await Promise.all([first, second, other].map((one) => store().hasEarlier(one))), [
      false,
      true,
      false,
    ]);
    for (const one of [first, second]) assert.equal((await store().firstInOrder(one))?.id, first.id);
    assert.equal((await store().firstInOrder(other))?.id, other.id);
    await store().postpone(second, 9000, true);
    await store().end(first, { state: 'delivered', reason: 'delivered' }, 5);
    await store().release(first, 6);
    assert.deepEqual([await store().hasEarlier(second), (await found(second)).dueAt], [false, 6]);
  });

  it('order those of one instant by their ids', async () => {
    const pair = [await written(1), await written(1)];
    const earlier = await Promise.all(pair.map((one) => store().hasEarlier(one)));
    assert.deepEqual(earlier.toSorted(), [false, true]);
  });

  it('are held and resumed, each in a run of its own', async () => {
    const [one, ended] = [await written(1), await written(2, 'bob')];
    await store().end(ended, { state: 'delivered', reason: 'delivered' }, 3);
    await store().hold(webhook);
    assert.deepEqual([(await found(one)).state, (await found(one)).dueAt], ['held', undefined]);
    assert.equal(await store().resume(webhook, 9), 1);
    const again = await found(one);
    assert.deepEqual([again.state, again.dueAt, again.run], ['waiting', 9, 2]);
    assert.deepEqual(await store().count(webhook), { waiting: 1, delivered: 1 });
  });

  it('are removed once they have been kept for long enough', async () => {
    const one = await written(1);
    await store().beginAttempt(one, 1, exchange);
    assert.deepEqual(await store().listExpired(keptMs, 10), []);
    const over = await store().listExpired(keptMs + 2, 10);
    assert.deepEqual(
      over.map(({ id }) => id),
      [one.id],
    );
    assert.deepEqual([await store().remove(over), await store().remove([])], [1, 0]);
    assert.deepEqual([await knex('webhooks_deliveries'), await knex('webhooks_attempts')], [[], []]);
  });
});
