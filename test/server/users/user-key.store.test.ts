import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { userId } from '../../../server/kernel/ids.ts';
import { withKey } from '../../../server/users/user-key.store.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedPool, userOf } from '../../support/seeded.ts';
import { storesOf } from '../../support/stores.ts';

onEachDatabase('withKey', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  it('finds nobody of another pool, and takes nothing for a wildcard', async () => {
    const [mine, theirs] = [await seedPool(knex), await seedPool(knex)];
    const { users, identifiers } = storesOf(knex);
    for (const { tenantId, id } of [mine, theirs]) {
      for (const name of ['jo', 'john', 'joé', 'j%n', 'k']) {
        await users.insert(userOf(tenantId, id, { id: userId(`id-${name.replaceAll(/\W/gu, 'x')}`) }));
        const user = userId(`id-${name.replaceAll(/\W/gu, 'x')}`);
        await identifiers.insert(tenantId, id, user, { type: 'uid', value: name, normalized: name });
      }
    }
    const find = async (text: string) => {
      const wanted = knex('users').where({ tenant_id: mine.tenantId, pool_id: mine.id });
      const key = { id: text, identifier: text, address: text };
      await withKey(knex, wanted, { tenant: mine.tenantId, pool: mine.id, key });
      const rows: readonly { readonly id: string }[] = await wanted.orderBy('id').select('id');
      return rows.map(({ id }) => id);
    };
    assert.deepEqual(await find('jo'), ['id-jo', 'id-john', 'id-jox']);
    assert.deepEqual(await find('joé'), ['id-jox']);
    assert.deepEqual(await find('j%'), ['id-jxn']);
    assert.deepEqual(await find('J'), []);
    assert.equal((await find('id-')).length, 5);
  });
});
