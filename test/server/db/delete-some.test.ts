/** A few rows at a time, on both databases. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { deleteSome } from '../../../server/db/delete-some.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedTenant } from '../../support/stores.ts';

onEachDatabase('deleteSome', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  it('deletes no more than it may, and nothing else', async () => {
    const [{ tenant }, { tenant: other }] = [await seedTenant(knex), await seedTenant(knex)];
    const row = { failures: '[]', blocked_until: 0, expires_at: 1 };
    for (const tenant_id of [tenant, other])
      await knex('throttles').insert(['a', 'b', 'c'].map((id) => ({ tenant_id, id, ...row })));
    const some = () => deleteSome(knex, 'throttles', { tenant_id: tenant }, 2);
    assert.deepEqual([await some(), await some(), await some()], [2, 1, 0]);
    assert.equal((await knex('throttles').where({ tenant_id: other }).select('id')).length, 3);
  });
});
