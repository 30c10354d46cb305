import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { mostGroupsOfUser, type Group } from '../../../server/groups/group.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { groupId, userId } from '../../../server/kernel/ids.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedPool, userOf } from '../../support/seeded.ts';
import { storesOf } from '../../support/stores.ts';

onEachDatabase('MembershipStore', (open) => {
  let knex: Knex;
  let pool: Pool;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    pool = await seedPool(knex);
    const { users, groups } = storesOf(knex);
    for (const id of ['ada', 'bob', 'eve']) await users.insert(userOf(pool.tenantId, pool.id, { id: userId(id) }));
    for (const path of ['all', 'all/some', 'all/some/few', 'others']) await groups.insert(groupAt(path));
  });

  const store = () => storesOf(knex).memberships;
  const groupAt = (path: string): Group => ({
    tenantId: pool.tenantId,
    poolId: pool.id,
    id: groupId(path.split('/').at(-1) ?? ''),
    name: path,
    description: '',
    path,
    createdAt: noon,
    updatedAt: noon,
  });
  const put = (path: string, user: string) => store().insert(groupAt(path), userId(user), noon);
  const listed = async (path: string, isNested: boolean, query = {}) =>
    (await store().listUsers(groupAt(path), isNested, { limit: 20, ...query })).items;

  it('has somebody once in a group', async () => {
    assert.equal(await put('all', 'ada'), true);
    assert.equal(await put('all', 'ada'), false);
    assert.equal(await store().remove(groupAt('all'), userId('ada')), true);
    assert.equal(await store().remove(groupAt('all'), userId('ada')), false);
  });

  it('has nobody who is not there, in no group that is not there', async () => {
    const isNotThere = (error: unknown) => isPlatformError(error, 'not_found');
    await assert.rejects(put('all', 'nobody'), isNotThere);
    await assert.rejects(put('none', 'ada'), isNotThere);
    await put('all', 'ada');
    // MySQL takes two texts for one where they differ in trailing blanks.
    assert.equal(await store().has(groupAt('all'), userId('ada '), false), false);
    assert.equal(await store().remove(groupAt('all'), userId('ada ')), false);
    assert.deepEqual(await store().groupsOf(pool.tenantId, pool.id, userId('ada ')), []);
  });

  it('lists those in a group, and in those below it, each once and by id', async () => {
    await put('all', 'eve');
    await put('all/some', 'bob');
    await put('all/some/few', 'bob');
    await put('all/some/few', 'ada');
    assert.deepEqual(await listed('all', false), ['eve']);
    assert.deepEqual(await listed('all', true), ['ada', 'bob', 'eve']);
    assert.deepEqual(await listed('all/some', true), ['ada', 'bob']);
    assert.deepEqual(await listed('all', true, { after: 'ada', limit: 1 }), ['bob']);
    assert.deepEqual(await listed('all', true, { before: 'eve', limit: 1 }), ['bob']);
    assert.deepEqual(await listed('all/some/few', false, { before: 'bob' }), ['ada']);
    assert.deepEqual(await listed('others', true), []);
  });

  it('knows whether somebody is in a group, or in one below it', async () => {
    await put('all/some/few', 'ada');
    const has = (path: string, isNested: boolean) => store().has(groupAt(path), userId('ada'), isNested);
    assert.deepEqual(
      [await has('all', false), await has('all', true), await has('all/some/few', false), await has('others', true)],
      [false, true, true, false],
    );
    assert.deepEqual(await store().groupsOf(pool.tenantId, pool.id, userId('ada')), ['few']);
  });

  it('lists the people of large groups by walking those of the pool', async function () {
    this.timeout(60_000);
    const ids = Array.from({ length: 1500 }, (_, at) => `p${String(at).padStart(4, '0')}`);
    const place = { tenant_id: pool.tenantId, pool_id: pool.id };
    const times = { created_at: noon, updated_at: noon };
    await knex.batchInsert(
      'users',
      ids.map((id) => ({ ...place, id, status: 'active', payload: '{}', ...times })),
      500,
    );
    await knex.batchInsert(
      'user_group_members',
      ids.map((id, at) => ({
        ...place,
        group_id: at % 2 === 0 ? 'some' : 'few',
        user_id: id,
        created_at: noon,
      })),
      500,
    );
    await put('others', 'ada');
    assert.deepEqual(await listed('all', true, { limit: 3 }), ['p0000', 'p0001', 'p0002']);
    assert.deepEqual(await listed('all', true, { after: 'p1400', limit: 2 }), ['p1401', 'p1402']);
    assert.deepEqual(await listed('all', true, { before: 'p0002' }), ['p0000', 'p0001']);
  });

  it('has nobody in more groups than one may be in', async function () {
    this.timeout(60_000);
    const place = { tenant_id: pool.tenantId, pool_id: pool.id };
    const ids = Array.from({ length: mostGroupsOfUser }, (_, at) => `g${String(at)}`);
    const words = { description: '', parent_id: '', created_at: noon, updated_at: noon };
    await knex.batchInsert(
      'user_groups',
      ids.map((id) => ({ ...place, id, name: id, path: id, ...words })),
      500,
    );
    await knex.batchInsert(
      'user_group_members',
      ids.map((id) => ({ ...place, group_id: id, user_id: 'ada', created_at: noon })),
      500,
    );
    await assert.rejects(put('all', 'ada'), (error) => isPlatformError(error, 'unprocessable_entity'));
    assert.equal(await put('g7', 'ada'), false);
  });

  it('goes with the person and with the group', async () => {
    await put('all', 'ada');
    await put('all/some', 'bob');
    await storesOf(knex).users.remove(pool.tenantId, pool.id, userId('ada'));
    assert.deepEqual(await listed('all', true), ['bob']);
    await storesOf(knex).groups.remove(groupAt('all'));
    assert.deepEqual(await store().groupsOf(pool.tenantId, pool.id, userId('bob')), []);
    assert.notEqual(await storesOf(knex).users.find(pool.tenantId, pool.id, userId('bob')), undefined);
  });
});
