import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { mostGroups, type Group } from '../../../server/groups/group.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { groupId } from '../../../server/kernel/ids.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedPool } from '../../support/seeded.ts';
import { storesOf } from '../../support/stores.ts';

onEachDatabase('GroupStore', (open) => {
  let knex: Knex;
  let pool: Pool;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    pool = await seedPool(knex);
  });

  const store = () => storesOf(knex).groups;
  const groupAt = (path: string, name = path): Group => ({
    tenantId: pool.tenantId,
    poolId: pool.id,
    id: groupId(path.split('/').at(-1) ?? ''),
    name,
    description: 'Some people',
    path,
    createdAt: noon,
    updatedAt: noon,
  });
  const insertAll = async (...paths: readonly string[]) => {
    for (const path of paths) await store().insert(groupAt(path));
  };
  const paths = async (query: Partial<Parameters<ReturnType<typeof store>['list']>[2]> = {}) => {
    const found = await store().list(pool.tenantId, pool.id, {
      limit: 100,
      parent: undefined,
      isNested: false,
      ...query,
    });
    return found.items.map(({ path }) => path);
  };

  it('keeps what it was given', async () => {
    await insertAll('a');
    assert.deepEqual(await store().find(pool.tenantId, pool.id, groupId('a')), groupAt('a'));
    assert.equal(await store().find(pool.tenantId, pool.id, groupId('a ')), undefined);
    assert.equal(await store().find((await seedPool(knex)).tenantId, pool.id, groupId('a')), undefined);
  });

  it('lists a level, or all below it, by name, and pages both ways', async () => {
    // `a-b` and `a.b` sort around the slash: they are not below `a`.
    await insertAll('a', 'a-b', 'a.b', 'a0', 'a/c', 'a/c/d', 'a-b/e');
    assert.deepEqual(await paths(), ['a', 'a-b', 'a.b', 'a0']);
    const parent = groupAt('a');
    assert.deepEqual(await paths({ parent }), ['a/c']);
    assert.deepEqual(await paths({ parent, isNested: true }), ['a/c', 'a/c/d']);
    assert.equal((await paths({ isNested: true })).length, 7);
    assert.deepEqual(await paths({ after: groupId('a-b'), limit: 1 }), ['a.b']);
    assert.deepEqual(await paths({ before: groupId('a0'), limit: 2 }), ['a-b', 'a.b']);
    assert.deepEqual(await paths({ name: 'a.b' }), ['a.b']);
    await assert.rejects(paths({ after: groupId('gone') }), (error) => isPlatformError(error, 'unprocessable_entity'));
  });

  it('tells groups of one name apart by their ids', async () => {
    await insertAll('a', 'b');
    for (const path of ['a/x', 'b/y', 'a/x/z']) await store().insert(groupAt(path, 'Same'));
    const query = { isNested: true, name: 'Same' };
    assert.deepEqual(await paths({ ...query, after: groupId('x') }), ['b/y', 'a/x/z']);
    assert.deepEqual(await paths({ ...query, before: groupId('z'), limit: 1 }), ['b/y']);
  });

  it('has an id once in a pool, and a name once in a place', async () => {
    await insertAll('a', 'a/b');
    for (const group of [groupAt('a', 'Other'), groupAt('c', 'a'), groupAt('a/d', 'a/b')])
      await assert.rejects(store().insert(group), (error) => isPlatformError(error, 'conflict'), group.path);
    await store().insert(groupAt('a/c', 'a'));
    const moved = { ...groupAt('c', 'a') };
    await assert.rejects(store().update(moved), (error) => isPlatformError(error, 'conflict'));
    await assert.rejects(store().update(groupAt('none')), (error) => isPlatformError(error, 'not_found'));
  });

  it('moves what is below along, and nothing else', async () => {
    await insertAll('a', 'b', 'a/c', 'a/c/d', 'a/c-d');
    assert.equal(await store().levelsOf(groupAt('a')), 3);
    await store().update({ ...groupAt('b/c'), name: 'Moved' });
    assert.deepEqual((await paths({ isNested: true })).toSorted(), ['a', 'a/c-d', 'b', 'b/c', 'b/c/d']);
    assert.deepEqual(await paths({ parent: groupAt('b/c') }), ['b/c/d']);
  });

  it('removes what is below as well, and nothing else', async () => {
    await insertAll('a', 'a/b', 'a/b/c', 'a0', 'd');
    await store().remove(groupAt('a'));
    assert.deepEqual(await paths({ isNested: true }), ['a0', 'd']);
  });

  it('holds no more groups than a pool may have', async function () {
    this.timeout(60_000);
    const rows = Array.from({ length: mostGroups }, (_, at) => ({
      tenant_id: pool.tenantId,
      pool_id: pool.id,
      id: `g${String(at)}`,
      name: String(at),
      description: '',
      parent_id: '',
      path: `g${String(at)}`,
      created_at: noon,
      updated_at: noon,
    }));
    await knex.batchInsert('user_groups', rows, 500);
    await assert.rejects(store().insert(groupAt('more')), (error) => isPlatformError(error, 'unprocessable_entity'));
    const first = await store().listById(pool.tenantId, pool.id, undefined, 100);
    assert.equal(first.items.length, 100);
  });

  it('goes with its pool', async () => {
    await insertAll('a', 'a/b');
    await storesOf(knex).pools.markRemoved(pool.tenantId, pool.id, noon);
    await storesOf(knex).pools.removeSome(10, pool);
    assert.deepEqual(await paths({ isNested: true }), []);
  });
});
