import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createPasswordCredentialStore } from '../../../server/credentials/password/password.store.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { poolId, userId } from '../../../server/kernel/ids.ts';
import { createIdentifierStore } from '../../../server/users/identifier.store.ts';
import { createUserStore } from '../../../server/users/user.store.ts';
import type { UserStore } from '../../../server/users/user.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedPool, seedUser, userOf } from '../../support/seeded.ts';

onEachDatabase('UserStore', (open) => {
  let knex: Knex;
  let users: UserStore;

  before(async () => {
    knex = await open();
    users = createUserStore(knex);
  });

  it('gives back what was inserted, whatever its script', async () => {
    const pool = await seedPool(knex);
    const payload = { name: 'Zoë 👩🏽‍🚀 Łukasz', address: { country: 'DE' }, groups: ['a'], email_verified: false };
    const user = userOf(pool.tenantId, pool.id, { status: 'inactive', payload });
    await users.insert(user);
    assert.deepEqual(await users.find(pool.tenantId, pool.id, user.id), user);
  });

  it('refuses an id that is taken, and a pool that does not exist', async () => {
    const pool = await seedPool(knex);
    const user = await seedUser(knex, pool);
    await assert.rejects(users.insert(user), (error) => isPlatformError(error, 'conflict'));
    await assert.rejects(users.insert({ ...user, poolId: poolId('nowhere') }), (error) =>
      isPlatformError(error, 'not_found'),
    );
  });

  it('updates status and payload, also to what they are', async () => {
    const pool = await seedPool(knex);
    const user = await seedUser(knex, pool);
    const changed = { ...user, status: 'deleted' as const, payload: { name: 'Gone' }, updatedAt: noon + 1 };
    await users.update(changed);
    await users.update(changed);
    assert.deepEqual(await users.find(pool.tenantId, pool.id, user.id), changed);
    await assert.rejects(users.update(userOf(pool.tenantId, pool.id)), (error) => isPlatformError(error, 'not_found'));
  });

  it('describes anew who is new, and undoes no activation that was written meanwhile', async () => {
    const pool = await seedPool(knex);
    const user = userOf(pool.tenantId, pool.id, { status: 'new' });
    await users.insert(user, noon);
    const ids = [user.tenantId, user.poolId, user.id] as const;
    assert.equal(await users.describeNew(...ids, { name: 'Grace' }, noon + 1), true);
    const described = { ...user, status: 'new', payload: { name: 'Grace' }, updatedAt: noon + 1 } as const;
    assert.deepEqual(await users.find(...ids), described);
    const active = { ...described, status: 'active' } as const;
    await users.update(active);
    assert.equal(await users.describeNew(...ids, { name: 'A stranger' }, noon + 2), false);
    assert.deepEqual(await users.find(...ids), active);
  });

  it('lets nobody describe anew whom an administrator looks after', async () => {
    const pool = await seedPool(knex);
    const user = userOf(pool.tenantId, pool.id, { status: 'new' });
    const ids = [user.tenantId, user.poolId, user.id] as const;
    await users.insert(user, noon);
    const kept = { ...user, payload: { name: 'Noor', roles: ['staff'] } };
    await users.update(kept);
    assert.equal(await users.describeNew(...ids, { name: 'A stranger' }, noon + 1), false);
    assert.deepEqual(await users.find(...ids), kept);
  });

  it('ends sessions for good: neither an earlier end nor a change that was read before brings them back', async () => {
    const pool = await seedPool(knex);
    const user = await seedUser(knex, pool);
    const ids = [pool.tenantId, pool.id, user.id] as const;
    await users.endSessions(...ids, noon + 9);
    await users.endSessions(...ids, noon + 5);
    await users.update({ ...user, payload: { name: 'Zoë' } });
    assert.equal((await users.find(...ids))?.sessionsEndedAt, noon + 9);
    await users.endSessions(...ids, noon + 10);
    assert.equal((await users.find(...ids))?.sessionsEndedAt, noon + 10);
    const other = await seedUser(knex, pool);
    assert.equal((await users.find(pool.tenantId, pool.id, other.id))?.sessionsEndedAt, undefined);
  });

  it('lists the people of one pool only, page by page', async () => {
    const [pool, other] = [await seedPool(knex), await seedPool(knex)];
    for (const id of ['1', '2', '3']) await users.insert(userOf(pool.tenantId, pool.id, { id: userId(id) }));
    await seedUser(knex, other);
    const page = await users.list(pool.tenantId, pool.id, { limit: 2, order: 'asc', after: '1' });
    assert.deepEqual(
      page.items.map(({ id }) => id),
      ['2', '3'],
    );
    const some = await users.findEach(pool.tenantId, pool.id, [userId('3'), userId('1'), userId('none')]);
    assert.deepEqual(
      some.map(({ id }) => id),
      ['1', '3'],
    );
    assert.deepEqual(await users.findEach(other.tenantId, other.id, [userId('1')]), []);
  });

  it('knows nothing of another tenant or pool', async () => {
    const [pool, other] = [await seedPool(knex), await seedPool(knex)];
    const user = await seedUser(knex, pool);
    for (const [tenant, id] of [
      [other.tenantId, pool.id],
      [pool.tenantId, other.id],
      [other.tenantId, other.id],
    ] as const) {
      assert.equal(await users.find(tenant, id, user.id), undefined);
      await users.remove(tenant, id, user.id);
      await assert.rejects(users.update({ ...user, tenantId: tenant, poolId: id }), (error) =>
        isPlatformError(error, 'not_found'),
      );
    }
    assert.deepEqual(await users.find(pool.tenantId, pool.id, user.id), user);
  });

  it('takes identifiers and password along when it is removed', async () => {
    const pool = await seedPool(knex);
    const user = await seedUser(knex, pool);
    const ids = [pool.tenantId, pool.id, user.id] as const;
    const identifiers = createIdentifierStore(knex);
    const passwords = createPasswordCredentialStore(knex);
    await identifiers.insert(...ids, { type: 'uid', value: 'zoe', normalized: 'zoe' });
    await passwords.set(...ids, '$argon2id$', undefined);
    await users.remove(...ids);
    assert.equal(await identifiers.findUser(pool.tenantId, pool.id, 'zoe'), undefined);
    assert.equal(await passwords.findByUser(...ids), undefined);
  });
});
