/** Passwords verified for programs: every answer, and no difference in what it costs. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { Asked } from '../../../../server/credentials/password/password-verify.service.ts';
import { createPasswordAttempts, passwordGuesses } from '../../../../server/credentials/password/password-attempts.ts';
import { guessKeys, personPolicy } from '../../../../server/interactions/throttle.ts';
import { createThrottleStore } from '../../../../server/interactions/throttle.store.ts';
import { isPlatformError, PlatformError } from '../../../../server/kernel/errors.ts';
import { poolId, userId } from '../../../../server/kernel/ids.ts';
import type { Pool } from '../../../../server/pools/pool.ts';
import type { User } from '../../../../server/users/user.ts';
import { onEachDatabase } from '../../../support/databases.ts';
import { foreignHash, ownHash, passwordsOn, queriesOf } from '../../../support/passwords.ts';
import { noon, seedPool, userOf } from '../../../support/seeded.ts';

onEachDatabase('PasswordVerifyService', (open) => {
  let knex: Knex;
  let house: ReturnType<typeof passwordsOn>;
  let pool: Pool;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    house = passwordsOn(knex);
    pool = await seedPool(knex);
  });

  const person = async (name: string, hash?: string, expiresAt?: number, members: Partial<User> = {}) => {
    const { users, identifiers, passwords } = house.stores;
    const user = userOf(pool.tenantId, pool.id, { id: userId(name), ...members });
    await users.insert(user);
    const identifier = { type: 'uid', value: name, normalized: name } as const;
    await identifiers.insert(pool.tenantId, pool.id, user.id, identifier);
    if (hash !== undefined || expiresAt !== undefined)
      await passwords.set(pool.tenantId, pool.id, user.id, hash, expiresAt);
    return [pool.tenantId, pool.id, user.id] as const;
  };
  const verify = (asked: Asked, password: string) => house.verifier.verify(pool.tenantId, pool.id, asked, password);
  const resultOf = async (identifier: string, password: string) => (await verify({ identifier }, password)).result;

  it('says whose it is, by an identifier in any spelling and by an id', async () => {
    await person('ada', `${ownHash}right`);
    const right = { userId: 'ada', result: 'password_correct', state: 'valid' };
    assert.deepEqual(await verify({ identifier: ' ADA ' }, 'right'), right);
    assert.deepEqual(await verify({ userId: userId('ada') }, 'right'), right);
    assert.equal((await verify({ userId: userId('ada ') }, 'right')).result, 'user_not_found');
  });

  it('says what else it may come to, and the state it is in', async () => {
    const at = await person('ada', `${ownHash}right`, noon + 1);
    await person('none');
    await person('first', undefined, noon - 1);
    assert.equal(await resultOf('ada', 'wrong'), 'password_incorrect');
    assert.deepEqual(await verify({ identifier: 'eve' }, 'right'), {
      userId: undefined,
      result: 'user_not_found',
      state: 'valid',
    });
    assert.equal(await resultOf('none', 'x'), 'no_password');
    assert.equal(await resultOf('first', ''), 'no_password');
    await house.stores.passwords.setState(...at, 'must_be_reset', noon);
    assert.deepEqual(await verify({ identifier: 'ada' }, 'right'), {
      userId: 'ada',
      result: 'password_correct',
      state: 'must_be_reset',
    });
    house.clock.set(noon + 1);
    assert.equal(await resultOf('ada', 'right'), 'password_expired');
    assert.equal(await resultOf('ada', 'wrong'), 'password_incorrect');
  });

  it('finds nobody who may not sign in, and no password where the pool has people prove themselves otherwise', async () => {
    for (const status of ['new', 'inactive', 'deleted'] as const) {
      await person(status, `${ownHash}right`, undefined, { status });
      assert.equal(await resultOf(status, 'right'), 'user_not_found', status);
    }
    await person('ada', `${ownHash}right`);
    await house.stores.pools.update({ ...pool, authenticationMechanisms: ['otp'] });
    assert.equal(await resultOf('ada', 'right'), 'no_password');
    await assert.rejects(
      house.verifier.verify(pool.tenantId, poolId('other'), { identifier: 'ada' }, 'right'),
      (error) => isPlatformError(error, 'not_found'),
    );
  });

  it('costs the same for everybody: the same queries in the same order, one argon2 each', async () => {
    await person('ada', `${ownHash}right`);
    await person('bob', foreignHash);
    await person('none');
    await person('gone', `${ownHash}right`, undefined, { status: 'inactive' });
    const asked = async (name: Asked) => {
      house.calls.length = 0;
      const queries = await queriesOf(knex, async () => {
        for (let n = 0; n < personPolicy.free + 1; n += 1) await verify(name, 'wrong');
        await assert.rejects(verify(name, 'wrong'), (error) => isPlatformError(error, 'too_many_requests'));
      });
      return { calls: house.calls.length, queries };
    };
    const usual = await asked({ identifier: 'ada' });
    assert.equal(usual.calls, personPolicy.free + 1);
    for (const identifier of ['nobody', 'bob', 'none', 'gone'])
      assert.deepEqual(await asked({ identifier }), usual, identifier);
    const byId = await asked({ userId: userId('nobody-by-id') });
    house.clock.set(noon + 2 * 3_600_000);
    assert.deepEqual(await asked({ userId: userId('ada') }), byId);
  });

  it('counts guesses together with those of logins, and lets nobody send many at once', async () => {
    await person('ada', `${ownHash}right`);
    const guesses = Array.from({ length: 20 }, (_, n) => verify({ identifier: 'ada' }, `guess ${String(n)}`));
    const made = (await Promise.allSettled(guesses)).filter(({ status }) => status === 'fulfilled');
    assert.equal(made.length, personPolicy.free + 1);
    const { typed } = guessKeys('pwd', pool.id, userId('ada'), 'ada');
    const throttle = createThrottleStore(knex);
    assert.equal((await throttle.countAttempt(pool.tenantId, [typed], noon)).kind, 'blocked');
  });

  it('tells no program by a delay that two names are one person, nor verifies more by many', async () => {
    await person('ada', `${ownHash}right`);
    const { identifiers } = house.stores;
    const names = Array.from({ length: 7 }, (_, n) => `ada${String(n)}`);
    for (const value of names)
      await identifiers.insert(pool.tenantId, pool.id, userId('ada'), { type: 'uid', value, normalized: value });
    for (const name of names.slice(0, 6))
      for (let n = 0; n < personPolicy.free; n += 1) assert.equal(await resultOf(name, 'wrong'), 'password_incorrect');
    assert.equal(await resultOf('ada6', 'right'), 'password_incorrect', 'nobody looks at it');
  });

  it('forgets failures once somebody was right, and counts nothing that nobody looked at', async () => {
    await person('ada', `${ownHash}right`);
    const attempts = createPasswordAttempts({ throttle: createThrottleStore(knex), clock: house.clock });
    const busy = new PlatformError('unavailable', 'busy');
    const { typed, person: who } = passwordGuesses(pool.id, userId('ada'), 'ada');
    for (let n = 0; n < 20; n += 1)
      await assert.rejects(
        attempts.count(
          pool.tenantId,
          [typed, who],
          () => Promise.reject(busy),
          () => true,
        ),
        busy,
      );
    for (let round = 0; round < 3; round += 1) {
      for (let n = 0; n < personPolicy.free; n += 1) await verify({ identifier: 'ada' }, 'wrong');
      assert.equal(await resultOf('ada', 'right'), 'password_correct');
    }
  });
});
