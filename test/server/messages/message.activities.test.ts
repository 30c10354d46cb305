/** Tries of a delivery over rows: sent once, and silent about whom and what. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { DeliveryStart } from '../../../workflows/contract/delivery.ts';
import { messageId, newId, type TenantId } from '../../../server/kernel/ids.ts';
import { createCourier } from '../../../server/messages/courier.ts';
import { createMessageActivities } from '../../../server/messages/message.activities.ts';
import { createMessageStore } from '../../../server/messages/message.store.ts';
import type { Message } from '../../../server/messages/message.ts';
import { newMessage } from '../../../server/messages/outgoing-message.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock, seedTenant, testSealer } from '../../support/stores.ts';

onEachDatabase('the activities of a delivery', (open) => {
  let knex: Knex;
  let tenant: TenantId;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    ({ tenant } = await seedTenant(knex));
  });

  async function post(failure?: Error) {
    const clock = heldClock();
    const sent: Message[] = [];
    const { log, lines } = recordingLog();
    const messages = createMessageStore(knex, { sealer: testSealer });
    const mail = {
      send(message: Message) {
        if (failure !== undefined) return Promise.reject(failure);
        sent.push(message);
        return Promise.resolve();
      },
    };
    const activities = createMessageActivities({
      messages,
      courier: createCourier({ mail, sms: undefined }),
      clock,
      log,
    });
    const letters = [
      { channel: 'mail', to: 'ada@example.com', subject: 's', text: 'code 123456' },
      { channel: 'sms', to: '+442079460958', text: 'code 123456' },
    ] as const;
    const id = messageId(newId());
    const given = {
      tenantId: tenant,
      id,
      kind: 'k',
      owner: undefined,
      letters,
      expiresAt: noon + 1000,
      isToBeSent: true,
    };
    await messages.insert(newMessage(given, noon));
    const delivery: DeliveryStart = { tenantId: tenant, deliveryId: id, kind: 'k', destinations: 2, lifetimeMs: 1000 };
    const attempt = (destination = 0) => activities.attempt(delivery, { number: 1, destination });
    return { activities, delivery, attempt, messages, sent, lines, clock, id };
  }

  it('send once: a try again of what was sent sends nothing', async () => {
    const { attempt, sent, id } = await post();
    assert.deepEqual(await attempt(), { kind: 'delivered' });
    const end = { outcome: 'delivered', reason: 'delivered' };
    assert.deepEqual(await attempt(), { kind: 'over', end });
    assert.deepEqual(
      sent.map((message) => [message.to, message.id]),
      [['ada@example.com', id]],
    );
  });

  it('say of a failure its code, and nobody’s address', async () => {
    const failure = Object.assign(new Error('451 no ada@example.com'), { code: 'EENVELOPE', responseCode: 451 });
    const { attempt, messages, lines, id } = await post(failure);
    assert.deepEqual(await attempt(), { kind: 'failed', reason: 'smtp_451' });
    assert.equal((await messages.find(tenant, id))?.reason, 'smtp_451');
    assert.doesNotMatch(JSON.stringify(lines), /\bada\b|123456/);
  });

  it('refuse a destination by a way that is not there, and one that is not named', async () => {
    const { attempt } = await post();
    assert.deepEqual(await attempt(1), { kind: 'refused', reason: 'no_sms' });
    assert.deepEqual(await attempt(2), { kind: 'refused', reason: 'no_destination' });
  });

  it('send nothing whose time is over, or whose row is gone', async () => {
    const { attempt, clock, sent, activities, delivery } = await post();
    clock.set(noon + 1000);
    assert.deepEqual(await attempt(), { kind: 'over', end: { outcome: 'expired', reason: 'deadline' } });
    const gone = { outcome: 'failed', reason: 'gone' };
    const other = { ...delivery, deliveryId: newId() };
    assert.deepEqual(await activities.attempt(other, { number: 1, destination: 0 }), {
      kind: 'over',
      end: gone,
    });
    assert.deepEqual(await activities.close(other, { outcome: 'expired', reason: 'x' }), gone);
    assert.deepEqual(sent, []);
  });

  it('close a row once', async () => {
    const { activities, delivery } = await post();
    const end = { outcome: 'failed', reason: 'smtp_550' } as const;
    assert.deepEqual(await activities.close(delivery, end), end);
    assert.deepEqual(await activities.close(delivery, { outcome: 'expired', reason: 'late' }), end);
  });
});
