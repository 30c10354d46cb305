import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { newId, userId } from '../../../server/kernel/ids.ts';
import { countUser } from '../../../server/pools/pool-size.store.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedPool } from '../../support/seeded.ts';
import { storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('countUser', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  it('loses nobody of those who come at once', async () => {
    const { tenantId: tenant, id } = await seedPool(knex);
    const people = Array.from({ length: 40 }, () => userId(newId()));
    await Promise.all(people.map((user) => countUser(knex, tenant, id, user, 1)));
    await Promise.all(people.slice(10).map((user) => countUser(knex, tenant, id, user, -1)));
    assert.equal((await storesOf(knex).pools.countUsers(tenant, [id])).get(id), 10);
  });

  it('goes with the pool', async () => {
    const { tenantId: tenant, id } = await seedPool(knex);
    await countUser(knex, tenant, id, userId('ada'), 1);
    await unitOfWorkOn(knex).run(({ pools }) => pools.markRemoved(tenant, id, 1));
    await storesOf(knex).pools.removeSome(1000, { tenantId: tenant, id });
    assert.deepEqual([...(await storesOf(knex).pools.countUsers(tenant, [id]))], [[id, 0]]);
  });
});
