import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { poolId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { credentialKinds, holdingsOf } from '../../../server/compose-kinds.ts';
import { createPoolStore } from '../../../server/pools/pool.store.ts';
import { poolSettingsSchema, type PoolStore } from '../../../server/pools/pool.ts';
import { createUserStore } from '../../../server/users/user.store.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, poolOf, seedPool, seedUser, seedWorkspace } from '../../support/seeded.ts';

onEachDatabase('PoolStore', (open) => {
  let knex: Knex;
  let pools: PoolStore;

  before(async () => {
    knex = await open();
    pools = createPoolStore(knex, holdingsOf(credentialKinds));
  });

  it('gives back what was inserted', async () => {
    const { tenant } = await seedWorkspace(knex);
    const settings = poolSettingsSchema.parse({ badge_color: 'blue', metadata: { nested: { ü: [1] } } });
    const place = { workspaceId: workspaceId('shop'), isSystem: true };
    const pool = poolOf(tenant, { identifierCaseInsensitive: false, settings, ...place });
    await pools.insert(pool);
    assert.deepEqual(await pools.find(tenant, pool.id), pool);
  });

  it('refuses an id that is taken, and a tenant that does not exist', async () => {
    const pool = await seedPool(knex);
    await assert.rejects(pools.insert(pool), (error) => isPlatformError(error, 'conflict'));
    await assert.rejects(pools.insert(poolOf(tenantId('nobody'))), (error) => isPlatformError(error, 'not_found'));
  });

  it('tells ids apart by case', async () => {
    const { tenant } = await seedWorkspace(knex);
    await pools.insert(poolOf(tenant, { id: poolId('demo') }));
    await pools.insert(poolOf(tenant, { id: poolId('DEMO'), name: 'Another' }));
    assert.equal((await pools.find(tenant, poolId('DEMO')))?.name, 'Another');
    for (const near of ['Demo', 'dëmo', 'demo\u0000', '👩🏽‍🚀'])
      assert.equal(await pools.find(tenant, poolId(near)), undefined, near);
  });

  it('updates everything but the birth, and nothing that is not there', async () => {
    const pool = await seedPool(knex);
    const changed = {
      ...pool,
      name: 'Staff',
      settings: poolSettingsSchema.parse({ description: 'a' }),
      updatedAt: noon + 1,
    };
    await pools.update({ ...changed, createdAt: 5 });
    assert.deepEqual(await pools.find(pool.tenantId, pool.id), changed);
    await pools.update(changed);
    await assert.rejects(pools.update(poolOf(pool.tenantId)), (error) => isPlatformError(error, 'not_found'));
  });

  it('lists pages in both directions', async () => {
    const { tenant } = await seedWorkspace(knex);
    for (const id of ['a', 'b', 'c', 'd']) await pools.insert(poolOf(tenant, { id: poolId(id) }));
    const ids = async (query: Parameters<PoolStore['list']>[1]) =>
      (await pools.list(tenant, query)).items.map(({ id }) => id);
    assert.deepEqual(await ids({ limit: 2, order: 'asc' }), ['a', 'b']);
    assert.deepEqual(await ids({ limit: 2, order: 'asc', after: 'b' }), ['c', 'd']);
    assert.deepEqual(await ids({ limit: 2, order: 'asc', before: 'd' }), ['b', 'c']);
    assert.deepEqual(await ids({ limit: 2, order: 'desc', after: 'd' }), ['c', 'b']);
    assert.deepEqual(await ids({ limit: 2, order: 'desc', before: 'b' }), ['d', 'c']);
  });

  it('shows each pool once that was there from the beginning, while others are inserted between its pages', async () => {
    for (const [sort, order] of [
      ['id', 'asc'],
      ['name', 'asc'],
      ['name', 'desc'],
    ] as const) {
      const { tenant } = await seedWorkspace(knex);
      const add = (id: string, name: string) => pools.insert(poolOf(tenant, { id: poolId(id), name }));
      // Names in another order than ids, and one of them twice.
      for (const [id, name] of [
        ['b', 'Staff'],
        ['d', 'Customers'],
        ['f', 'Customers'],
        ['h', 'Partners'],
      ] as const)
        await add(id, name);
      const shown: string[] = [];
      for (let after: string | undefined; ; after = shown.at(-1)) {
        const from = after === undefined ? {} : { after };
        const { items } = await pools.list(tenant, { limit: 1, order, sort, ...from });
        if (items.length === 0) break;
        shown.push(...items.map(({ id }) => id));
        // Before, at and behind where the page ended.
        if (shown.length < 5)
          for (const [at, name] of ['A', 'Customers', 'Z'].entries())
            await add(`${['a', 'e', 'g'][at] ?? ''}${String(shown.length)}`, name);
      }
      const first = shown.filter((id) => id.length === 1);
      const wanted = sort === 'id' ? ['b', 'd', 'f', 'h'] : ['d', 'f', 'h', 'b'];
      assert.deepEqual(first, order === 'asc' ? wanted : wanted.toReversed());
      assert.equal(new Set(shown).size, shown.length);
    }
  });

  it('knows nothing of another tenant', async () => {
    const mine = await seedPool(knex);
    const { tenant: other } = await seedWorkspace(knex);
    assert.equal(await pools.find(other, mine.id), undefined);
    assert.deepEqual((await pools.list(other, { limit: 100, order: 'asc' })).items, []);
    await assert.rejects(pools.update({ ...mine, tenantId: other }), (error) => isPlatformError(error, 'not_found'));
    await pools.markRemoved(other, mine.id, noon);
    assert.equal(await pools.removeSome(10), 0);
    assert.deepEqual(await pools.find(mine.tenantId, mine.id), mine);
  });

  it('takes what kinds of credentials keep in it before the people, whoever else would take it along', async () => {
    const pool = await seedPool(knex);
    const user = await seedUser(knex, pool);
    const forms = () => knex<Record<string, string>>('password_forms').where({ tenant_id: pool.tenantId });
    await forms().insert({ tenant_id: pool.tenantId, pool_id: pool.id, form: 'a form' });
    await pools.markRemoved(pool.tenantId, pool.id, noon);
    assert.equal(await pools.removeSome(1), 1);
    assert.deepEqual(await forms().select('form'), []);
    assert.notEqual(await createUserStore(knex).find(pool.tenantId, pool.id, user.id), undefined);
    assert.deepEqual([await pools.removeSome(2), await pools.removeSome(2)], [1, 0]);
  });

  it('is gone at once when it is marked, and takes everybody in it along, some at a time', async () => {
    const [pool, other] = [await seedPool(knex), await seedPool(knex)];
    const users = createUserStore(knex);
    const people = [await seedUser(knex, pool), await seedUser(knex, pool), await seedUser(knex, pool)];
    const stays = await seedUser(knex, other);
    const left = async () => {
      const found = await Promise.all(people.map(({ id }) => users.find(pool.tenantId, pool.id, id)));
      return found.filter((user) => user !== undefined).length;
    };
    await pools.markRemoved(pool.tenantId, pool.id, noon);
    assert.equal(await pools.find(pool.tenantId, pool.id), undefined);
    assert.equal(await pools.findHeld(pool.tenantId, pool.id), undefined);
    assert.deepEqual((await pools.list(pool.tenantId, { limit: 100, order: 'asc' })).items, []);
    await assert.rejects(pools.update(pool), (error) => isPlatformError(error, 'not_found'));
    await assert.rejects(pools.insert(pool), (error) => isPlatformError(error, 'conflict'));
    assert.deepEqual([await pools.removeSome(2), await left()], [2, 1]);
    assert.equal(await pools.removeSome(2, other), 0, 'one that is there loses nobody');
    assert.deepEqual([await pools.removeSome(2), await left()], [1, 0]);
    assert.equal(await pools.removeSome(2), 0);
    await pools.insert(pool);
    assert.notEqual(await users.find(other.tenantId, other.id, stays.id), undefined);
  });
});
