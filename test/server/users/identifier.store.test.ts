import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { createIdentifierStore } from '../../../server/users/identifier.store.ts';
import type { Identifier, IdentifierStore } from '../../../server/users/identifier.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedPool, seedUser } from '../../support/seeded.ts';

const uid = (normalized: string): Identifier => ({ type: 'uid', value: normalized, normalized });

onEachDatabase('IdentifierStore', (open) => {
  let knex: Knex;
  let identifiers: IdentifierStore;

  before(async () => {
    knex = await open();
    identifiers = createIdentifierStore(knex);
  });

  it('finds the one person that has an identifier, and lists what they have', async () => {
    const pool = await seedPool(knex);
    const user = await seedUser(knex, pool);
    const email: Identifier = { type: 'email', value: 'Zoë@Example.com', normalized: 'zoë@example.com' };
    await identifiers.insert(pool.tenantId, pool.id, user.id, email);
    await identifiers.insert(pool.tenantId, pool.id, user.id, uid('a'));
    assert.equal(await identifiers.findUser(pool.tenantId, pool.id, 'zoë@example.com'), user.id);
    assert.deepEqual(await identifiers.listOf(pool.tenantId, pool.id, user.id), [uid('a'), email]);
  });

  it('compares byte by byte: no case, no accent and no trailing blank is forgiven', async () => {
    const pool = await seedPool(knex);
    const user = await seedUser(knex, pool);
    await identifiers.insert(pool.tenantId, pool.id, user.id, uid('zoë'));
    for (const near of ['Zoë', 'zoe', 'zoë ', 'ZOË', ' zoë', 'zoë\u0000']) {
      assert.equal(await identifiers.findUser(pool.tenantId, pool.id, near), undefined, JSON.stringify(near));
    }
  });

  it('is taken in a pool whatever its type and whoever has it', async () => {
    const pool = await seedPool(knex);
    const [one, two] = [await seedUser(knex, pool), await seedUser(knex, pool)];
    await identifiers.insert(pool.tenantId, pool.id, one.id, uid('zoe'));
    await assert.rejects(
      identifiers.insert(pool.tenantId, pool.id, two.id, { ...uid('zoe'), type: 'external' }),
      (error) => isPlatformError(error, 'conflict'),
    );
    assert.equal(await identifiers.findUser(pool.tenantId, pool.id, 'zoe'), one.id);
  });

  it('goes to exactly one of 20 people who ask for it at the same time', async () => {
    const pool = await seedPool(knex);
    const people = await Promise.all(Array.from({ length: 20 }, () => seedUser(knex, pool)));
    const asked = await Promise.allSettled(
      people.map(({ id }) => identifiers.insert(pool.tenantId, pool.id, id, uid('wanted'))),
    );
    assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const one of asked) if (one.status === 'rejected') assert.ok(isPlatformError(one.reason, 'conflict'));
    assert.deepEqual(await knex('identifiers').where({ pool_id: pool.id }).count({ rows: '*' }), [{ rows: 1 }]);
  });

  it('says nothing of another tenant or pool, and is free there', async () => {
    const [pool, other] = [await seedPool(knex), await seedPool(knex)];
    const [user, stranger] = [await seedUser(knex, pool), await seedUser(knex, other)];
    await identifiers.insert(pool.tenantId, pool.id, user.id, uid('zoe'));
    assert.equal(await identifiers.findUser(other.tenantId, pool.id, 'zoe'), undefined);
    assert.equal(await identifiers.findUser(pool.tenantId, other.id, 'zoe'), undefined);
    assert.deepEqual(await identifiers.listOf(other.tenantId, pool.id, user.id), []);
    await identifiers.remove(other.tenantId, pool.id, user.id, 'zoe');
    await identifiers.insert(other.tenantId, other.id, stranger.id, uid('zoe'));
    assert.equal(await identifiers.findUser(pool.tenantId, pool.id, 'zoe'), user.id);
  });

  it('is removed from its owner only', async () => {
    const pool = await seedPool(knex);
    const [one, two] = [await seedUser(knex, pool), await seedUser(knex, pool)];
    await identifiers.insert(pool.tenantId, pool.id, one.id, uid('zoe'));
    await identifiers.remove(pool.tenantId, pool.id, two.id, 'zoe');
    assert.equal(await identifiers.findUser(pool.tenantId, pool.id, 'zoe'), one.id);
    await identifiers.remove(pool.tenantId, pool.id, one.id, 'zoe');
    assert.equal(await identifiers.findUser(pool.tenantId, pool.id, 'zoe'), undefined);
  });
});
