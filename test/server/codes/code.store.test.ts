/** Codes at rest: one of a kind, counted and spent by single statements, gone with whose they are. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { credentialKinds, tablesOf } from '../../../server/compose-kinds.ts';
import { createCodeStore } from '../../../server/codes/code.store.ts';
import { attemptsOfCode, createCodeSecrets, type Code } from '../../../server/codes/code.ts';
import { createFormerCredentialsStore } from '../../../server/codes/former-credentials.store.ts';
import { codeId, newId, userId } from '../../../server/kernel/ids.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import type { User } from '../../../server/users/user.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedPool, seedUser } from '../../support/seeded.ts';
import { storesOf, testSealer } from '../../support/stores.ts';

onEachDatabase('CodeStore', (open) => {
  let knex: Knex;
  let pool: Pool;
  let user: User;
  const secrets = createCodeSecrets(new Uint8Array(32).fill(7));
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    await knex('codes').delete();
    pool = await seedPool(knex);
    user = await seedUser(knex, pool);
  });

  const store = () => createCodeStore(knex, { sealer: testSealer });
  const codeOf = (members: Partial<Code> = {}): Code => {
    const place = { tenantId: pool.tenantId, poolId: pool.id, userId: user.id, type: 'challenge' } as const;
    return {
      ...place,
      id: codeId(newId()),
      isOwned: true,
      hash: secrets.hash(place, '012345'),
      addresses: [{ type: 'email', normalized: 'ada@example.com' }],
      metadata: { shop: 7 },
      attemptsLeft: attemptsOfCode,
      consumedBy: undefined,
      issuedAt: noon,
      expiresAt: noon + 1000,
      ...members,
    };
  };

  it('answers what it kept, one try the fewer, and keeps no address in clear', async () => {
    const code = codeOf();
    await store().put(code);
    assert.deepEqual(await store().take(code), { ...code, attemptsLeft: attemptsOfCode - 1 });
    assert.doesNotMatch(JSON.stringify(await knex('codes').select()), /ada@example|012345/);
    await store().giveBackAttempt(code, code.id);
    await store().giveBackAttempt(code, undefined);
    assert.equal((await store().take(code))?.attemptsLeft, attemptsOfCode - 1);
  });

  it('has one code of a type for a person: a new one voids the old, its tries and its spending', async () => {
    const first = codeOf();
    await store().put(first);
    assert.equal(await store().spend(first, first.id, 'me'), true);
    const second = codeOf();
    await store().put(second);
    assert.equal(await store().spend(second, first.id, 'me'), false);
    const kept = await store().take(second);
    assert.deepEqual([kept?.id, kept?.consumedBy], [second.id, undefined]);
  });

  it('has one code for each login of a person, and none of them is good in another or says which it is of', async () => {
    const [mine, theirs] = [codeOf({ bound: 'login-mine' }), codeOf({ bound: 'login-theirs' })];
    const anywhere = codeOf();
    for (const code of [mine, theirs, anywhere]) await store().put(code);
    for (const code of [mine, theirs, anywhere])
      assert.deepEqual(await store().take(code), { ...code, attemptsLeft: attemptsOfCode - 1 });
    assert.equal(await store().spend(theirs, mine.id, 'me'), false);
    assert.equal(await store().spend(mine, mine.id, 'me'), true);
    assert.doesNotMatch(JSON.stringify(await knex('codes').select()), /login-/);
    await storesOf(knex).users.remove(pool.tenantId, pool.id, user.id);
    assert.equal((await knex('codes').select()).length, 0);
  });

  it('has no more tries than it has, and other types and people are untouched', async () => {
    const code = codeOf();
    const other = codeOf({ type: 'activation' });
    await store().put(code);
    await store().put(other);
    const taken = [];
    for (let tries = 0; tries < attemptsOfCode + 2; tries += 1) taken.push(await store().take(code));
    assert.equal(taken.filter((one) => one !== undefined).length, attemptsOfCode);
    assert.equal((await store().take(other))?.attemptsLeft, attemptsOfCode - 1);
    assert.equal(await store().take({ ...code, userId: userId(`${code.userId} `) }), undefined);
  });

  it('is spent by one of many at once, and by the same one again', async () => {
    const code = codeOf();
    await store().put(code);
    const spent = await Promise.all(['a', 'b', 'c', 'd'].map((by) => store().spend(code, code.id, by)));
    assert.equal(spent.filter(Boolean).length, 1);
    const winner = ['a', 'b', 'c', 'd'][spent.indexOf(true)] ?? '';
    assert.equal(await store().spend(code, code.id, winner), true);
    assert.equal(await store().spend(code, code.id, 'late'), false);
  });

  it('goes with its person, is kept for nobody until it is over, and is swept then', async () => {
    await store().put(codeOf());
    await store().put(codeOf({ userId: userId('nobody'), isOwned: false }));
    await storesOf(knex).users.remove(pool.tenantId, pool.id, user.id);
    assert.equal((await knex('codes').select()).length, 1);
    assert.equal(await store().removeExpired(noon + 1000, 10), 0);
    assert.equal(await store().removeExpired(noon + 1001, 10), 1);
  });

  it('has its former credentials dropped without touching anybody else’s', async () => {
    const other = await seedUser(knex, pool);
    const { passwords } = storesOf(knex);
    for (const { id } of [user, other]) await passwords.set(pool.tenantId, pool.id, id, '$argon2id$x', undefined);
    await createFormerCredentialsStore(knex, tablesOf(credentialKinds)).drop(pool.tenantId, pool.id, user.id);
    assert.equal(await passwords.findByUser(pool.tenantId, pool.id, user.id), undefined);
    assert.notEqual(await passwords.findByUser(pool.tenantId, pool.id, other.id), undefined);
  });
});

describe('createCodeSecrets', () => {
  const secrets = createCodeSecrets(new Uint8Array(32).fill(1));
  const place = { tenantId: 't', poolId: 'p', userId: 'u', type: 'challenge' } as unknown as Code;

  it('makes digits of the length that was asked for, leading zeros and all', () => {
    const made = Array.from({ length: 300 }, () => secrets.make(6));
    assert.ok(made.every((code) => /^\d{6}$/.test(code)));
    assert.ok(made.some((code) => code.startsWith('0')));
    assert.equal(secrets.make(32).length, 32);
  });

  it('takes a code for its own place alone, and none for a hash that is not there', () => {
    const hash = secrets.hash(place, '012345');
    assert.equal(secrets.isRight(place, '012345', hash), true);
    assert.equal(secrets.isRight(place, '12345', hash), false);
    assert.equal(secrets.isRight({ ...place, type: 'activation' }, '012345', hash), false);
    assert.equal(secrets.isRight({ ...place, bound: 'login' }, '012345', hash), false);
    assert.equal(secrets.isRight(place, '012345', undefined), false);
    assert.equal(createCodeSecrets(new Uint8Array(32)).isRight(place, '012345', hash), false, 'another key');
  });
});
