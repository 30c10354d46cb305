/** A password in a login: what it proves, what it does not, and what nobody can learn from it. */
import assert from 'node:assert/strict';
import type { Claimant } from '../../../../server/credentials/credential-kind.ts';
import { createPasswordKind } from '../../../../server/credentials/password/password-kind.ts';
import { keptPassword } from '../../../../server/credentials/password/password.credential.ts';
import { onEachDatabase, type OpenDatabase } from '../../../support/databases.ts';
import { foreignHash, ownHash, passwordsOn, queriesOf } from '../../../support/passwords.ts';
import { noon, seedPool, seedUser } from '../../../support/seeded.ts';

const page = { nonce: 'n', origin: 'https://id.example', locale: 'en', applicationName: 'App' };

onEachDatabase('the password as a credential', (open) => {
  let knex: Awaited<ReturnType<OpenDatabase>>;
  let house: ReturnType<typeof passwordsOn>;
  let kind: ReturnType<typeof createPasswordKind>;
  before(async () => {
    knex = await open();
  });
  beforeEach(() => {
    house = passwordsOn(knex);
    kind = createPasswordKind({ ...house.stores, hasher: house.hasher, clock: house.clock });
  });

  const person = async (hash: string | undefined = `${ownHash}right`, expiresAt?: number) => {
    const pool = await seedPool(knex);
    const user = await seedUser(knex, pool);
    const at = [pool.tenantId, pool.id, user.id] as const;
    await house.stores.passwords.set(...at, hash, expiresAt);
    return { claimant: { pool, user, identifier: 'ada' } satisfies Claimant, at };
  };
  const verify = (claimant: Claimant, password: string) => kind.verify(claimant, { password }, page);

  it('is asked for before anything is counted', () => {
    assert.deepEqual([kind.mechanism, kind.amr, kind.begin], ['password', 'pwd', undefined]);
    assert.deepEqual(kind.faultOf({}), { field: 'password', text: 'password_missing' });
    assert.deepEqual(kind.faultOf({ password: '' }), { field: 'password', text: 'password_missing' });
    assert.deepEqual(kind.faultOf({ password: 'ü'.repeat(513) }), { field: 'password', text: 'password_too_long' });
    assert.equal(kind.faultOf({ password: 'x' }), undefined);
  });

  it('proves who knows it, until it is changed or has to be reset', async () => {
    const { claimant, at } = await person();
    assert.deepEqual(await verify(claimant, 'right'), { kind: 'right', mark: '1' });
    assert.deepEqual(await verify(claimant, 'wrong'), { kind: 'wrong' });
    const holds = (mark: string) =>
      keptPassword(house.stores.passwords).holds({ tenantId: at[0], poolId: at[1] }, at[2], mark);
    assert.deepEqual([await holds('1'), await holds('2'), await holds('01')], [true, false, false]);
    await house.stores.passwords.setState(...at, 'must_be_reset', noon);
    assert.equal(await holds('1'), false);
    await house.stores.passwords.set(...at, `${ownHash}other`, undefined);
    assert.deepEqual([await holds('1'), await holds('2')], [false, true]);
  });

  it('tells what has to be done with it only to who knows it', async () => {
    const { claimant, at } = await person(undefined, noon);
    const { passwords } = house.stores;
    await passwords.set(...at, `${ownHash}right`, noon);
    assert.deepEqual(await verify(claimant, 'right'), { kind: 'right', mark: '2', mustReplace: 'expired' });
    await passwords.set(...at, `${ownHash}right`, noon + 1, { state: 'must_be_changed' });
    assert.deepEqual(await verify(claimant, 'right'), { kind: 'right', mark: '3', mustReplace: 'must_be_changed' });
    await passwords.setState(...at, 'must_be_reset', noon);
    assert.deepEqual(await verify(claimant, 'right'), { kind: 'must_be_reset' });
    assert.deepEqual(await verify(claimant, 'wrong'), { kind: 'wrong' });
  });

  it('costs the same for nobody, for who has none, and for a hash of another making: one argon2, the same queries', async () => {
    const known = await person();
    const empty = await person(undefined, noon - 1);
    await house.stores.passwords.set(...empty.at, undefined, noon - 1);
    const foreign = await person(foreignHash);
    const without = { ...known.claimant, pool: empty.claimant.pool };
    const nobody = { ...known.claimant, user: undefined };
    const asked = async (claimant: Claimant) => {
      house.calls.length = 0;
      const queries = await queriesOf(knex, async () => {
        assert.deepEqual(await verify(claimant, 'wrong'), { kind: 'wrong' });
      });
      return { calls: [...house.calls], queries };
    };
    const usual = await asked(known.claimant);
    assert.deepEqual([usual.calls, usual.queries.length], [['verify'], 2]);
    for (const claimant of [nobody, without, empty.claimant, foreign.claimant])
      assert.deepEqual(await asked(claimant), usual);
  });

  it('makes a hash of another system its own, without another version: what it proved stays proven', async () => {
    const { claimant, at } = await person(foreignHash);
    house.calls.length = 0;
    assert.deepEqual(await verify(claimant, 'U*U'), { kind: 'right', mark: '1' });
    assert.deepEqual(house.calls, ['verify', 'hash']);
    const stored = await house.stores.passwords.findByUser(...at);
    assert.deepEqual([stored?.hash, stored?.version], [`${ownHash}U*U`, 1]);
    assert.equal(
      await keptPassword(house.stores.passwords).holds({ tenantId: at[0], poolId: at[1] }, at[2], '1'),
      true,
    );
    house.calls.length = 0;
    assert.deepEqual(await verify(claimant, 'U*U'), { kind: 'right', mark: '1' });
    assert.deepEqual(house.calls, ['verify']);
  });
});
