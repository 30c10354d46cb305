import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { credentialKinds, tablesOf } from '../../../server/compose-kinds.ts';
import { createAbandonedRegistrationStore } from '../../../server/codes/abandoned-registration.store.ts';
import type { AbandonedRegistrationStore } from '../../../server/codes/abandoned-registration.ts';
import { tenantId, userId } from '../../../server/kernel/ids.ts';
import { createUserStore } from '../../../server/users/user.store.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedPool, userOf } from '../../support/seeded.ts';

onEachDatabase('AbandonedRegistrationStore', (open) => {
  let knex: Knex;
  let store: AbandonedRegistrationStore;
  before(async () => {
    knex = await open();
    store = createAbandonedRegistrationStore(knex, tablesOf(credentialKinds));
  });
  beforeEach(() => knex('users').delete());

  const registered = async (at: number, id: string) => {
    const { tenantId: tenant, id: poolId } = await seedPool(knex);
    await createUserStore(knex).insert(userOf(tenant, poolId, { id: userId(id), status: 'new' }), at);
    return { tenantId: tenant, poolId, id: userId(id) };
  };

  it('lists those of every tenant, the oldest first, and no more than it is asked for', async () => {
    const second = await registered(noon + 2, 'a');
    const first = await registered(noon + 1, 'b');
    await registered(noon + 3, 'c');
    assert.deepEqual(await store.list(noon + 3, noon, 10), [first, second]);
    assert.deepEqual(await store.list(noon + 3, noon, 1), [first]);
  });

  it('says of one person whether they are, and nothing of who has their id in another tenant or pool', async () => {
    const mine = await registered(noon, 'sam');
    const other = await registered(noon + 5, 'sam');
    assert.equal(await store.isAbandoned(mine, noon + 1, noon), true);
    assert.equal(await store.isAbandoned(mine, noon, noon), false);
    assert.equal(await store.isAbandoned(other, noon + 1, noon), false);
    assert.equal(await store.isAbandoned({ ...mine, tenantId: tenantId('nobody') }, noon + 1, noon), false);
  });
});
