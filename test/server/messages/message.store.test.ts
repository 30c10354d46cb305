/** Messages at rest: sealed while they wait, erased once they ended, gone with whose they are. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { messageId, newId, type TenantId } from '../../../server/kernel/ids.ts';
import { createMessageStore, messageAfterlifeMs } from '../../../server/messages/message.store.ts';
import { startGraceMs } from '../../../server/deliveries/start-delivery.ts';
import { newMessage, type NewMessage } from '../../../server/messages/outgoing-message.ts';
import { createUserStore } from '../../../server/users/user.store.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, poolOf, seedUser } from '../../support/seeded.ts';
import { seedTenant, storesOf, testSealer } from '../../support/stores.ts';

onEachDatabase('MessageStore', (open) => {
  let knex: Knex;
  let tenant: TenantId;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    await knex('messages').delete();
    ({ tenant } = await seedTenant(knex));
  });

  const store = () => createMessageStore(knex, { sealer: testSealer });
  const written = async (given: Partial<NewMessage> = {}, now = noon) => {
    const letters = [
      { channel: 'mail', to: 'ada@example.com', subject: '123456', text: 'Your code is 123456' },
    ] as const;
    const message = newMessage(
      {
        tenantId: tenant,
        id: messageId(newId()),
        kind: 'code_authentication',
        owner: undefined,
        letters,
        expiresAt: noon + 600_000,
        isToBeSent: true,
        ...given,
      },
      now,
    );
    await store().insert(message);
    return message;
  };
  const bytes = async () => JSON.stringify(await knex('messages').select());

  it('keeps what it says sealed, and answers it as it was', async () => {
    const message = await written();
    assert.deepEqual(await store().find(tenant, message.id), message);
    assert.doesNotMatch(await bytes(), /ada@example|123456/);
  });

  it('opens no content that was moved to another message', async () => {
    const [one, other] = [await written(), await written()];
    const row = await knex<{ id: string; sealed_content: string }>('messages').where({ id: one.id }).first();
    await knex('messages').where({ id: other.id }).update({ sealed_content: row?.sealed_content });
    await assert.rejects(store().find(tenant, other.id));
  });

  it('ends once, and erases then what it said', async () => {
    const { id } = await written();
    await store().countAttempt(tenant, id, 'ECONNECTION');
    const ended = await store().end(tenant, id, { state: 'delivered', reason: 'delivered' });
    assert.deepEqual([ended?.state, ended?.letters, ended?.attempts, ended?.dueAt], ['delivered', [], 1, undefined]);
    assert.equal((await store().end(tenant, id, { state: 'failed', reason: 'late' }))?.state, 'delivered');
    await store().countAttempt(tenant, id, 'late');
    await store().postpone(tenant, id, noon);
    assert.deepEqual(await store().find(tenant, id), ended);
    const row = await knex<{ id: string; sealed_content: string | null }>('messages').where({ id }).first();
    assert.equal(row?.sealed_content, null);
  });

  it('lists those that are due, the oldest first, and none that ended or was never to be sent', async () => {
    const later = await written({}, noon + 1);
    const first = await written();
    const ended = await written();
    await store().end(tenant, ended.id, { state: 'failed', reason: 'x' });
    await written({ isToBeSent: false });
    const due = async (now: number) => (await store().listDue(now, 10)).map(({ id }) => id);
    assert.deepEqual(await due(noon + startGraceMs - 1), []);
    assert.deepEqual(await due(noon + startGraceMs + 1), [first.id, later.id]);
    await store().postpone(tenant, first.id, noon + 3_600_000);
    assert.deepEqual(await due(noon + startGraceMs + 1), [later.id]);
  });

  it('is swept a while after its time, and at once where it was written for nobody', async () => {
    await written();
    await written({ isToBeSent: false });
    assert.equal(await store().removeExpired(noon + 1, 10), 1);
    assert.equal(await store().removeExpired(noon + 600_000 + messageAfterlifeMs, 10), 0);
    assert.equal(await store().removeExpired(noon + 600_001 + messageAfterlifeMs, 10), 1);
  });

  it('goes with the person whose it is, and is unknown in another tenant', async () => {
    const pool = poolOf(tenant);
    await storesOf(knex).pools.insert(pool);
    const user = await seedUser(knex, pool);
    const { id } = await written({ owner: { poolId: pool.id, userId: user.id } });
    assert.equal(await store().find((await seedTenant(knex)).tenant, id), undefined);
    await createUserStore(knex).remove(tenant, pool.id, user.id);
    assert.equal(await store().find(tenant, id), undefined);
  });
});
