import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { mostChallenges } from '../../../../server/credentials/passkey/passkey.ts';
import { onEachDatabase } from '../../../support/databases.ts';
import { noon, seedPool, seedUser } from '../../../support/seeded.ts';
import { storesOf } from '../../../support/stores.ts';

onEachDatabase('PasskeyChallengeStore', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  it('spends a challenge once, for its person, in its time', async () => {
    const pool = await seedPool(knex);
    const { passkeyChallenges: challenges } = storesOf(knex);
    const mine = [pool.tenantId, pool.id, (await seedUser(knex, pool)).id] as const;
    const theirs = [pool.tenantId, pool.id, (await seedUser(knex, pool)).id] as const;
    await challenges.insert(...mine, 'one', noon + 10);
    assert.equal(await challenges.take(...theirs, 'one', noon), false);
    assert.equal(await challenges.take(...mine, 'one', noon + 10), false);
    const taken = await Promise.all([1, 2, 3].map(() => challenges.take(...mine, 'one', noon)));
    assert.deepEqual(taken.toSorted(), [false, false, true]);
    const clear = await knex('passkey_challenges').where({ challenge_hash: 'one' });
    assert.deepEqual(clear, []);
  });

  it('keeps few of a person, the newest, and forgets those that are over', async () => {
    const pool = await seedPool(knex);
    const { passkeyChallenges: challenges } = storesOf(knex);
    const mine = [pool.tenantId, pool.id, (await seedUser(knex, pool)).id] as const;
    for (let at = 0; at <= mostChallenges; at += 1) await challenges.insert(...mine, `c${String(at)}`, noon + at);
    assert.equal((await knex('passkey_challenges').where({ user_id: mine[2] })).length, mostChallenges);
    assert.equal(await challenges.take(...mine, 'c0', noon - 1), false);
    assert.equal(await challenges.removeExpired(noon + 3, 1), 1);
    assert.equal(await challenges.removeExpired(noon + 3, 10), 1);
    assert.equal(await challenges.take(...mine, 'c2', noon - 1), false);
    assert.equal(await challenges.take(...mine, 'c3', noon - 1), true);
  });
});
