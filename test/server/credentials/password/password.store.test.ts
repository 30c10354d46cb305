import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createPasswordCredentialStore } from '../../../../server/credentials/password/password.store.ts';
import type { PasswordCredentialStore } from '../../../../server/credentials/password/password.ts';
import { onEachDatabase } from '../../../support/databases.ts';
import { createUserStore } from '../../../../server/users/user.store.ts';
import { formOf } from '../../../../server/credentials/password/password-form.ts';
import { foreignHash, ownHash } from '../../../support/passwords.ts';
import { noon, seedPool, seedUser } from '../../../support/seeded.ts';

onEachDatabase('PasswordCredentialStore', (open) => {
  let knex: Knex;
  let passwords: PasswordCredentialStore;

  before(async () => {
    knex = await open();
    passwords = createPasswordCredentialStore(knex);
  });

  const person = async () => {
    const pool = await seedPool(knex);
    const user = await seedUser(knex, pool);
    return [pool.tenantId, pool.id, user.id] as const;
  };

  it('keeps a hash, its first version and its end', async () => {
    const ids = await person();
    assert.equal(await passwords.findByUser(...ids), undefined);
    await passwords.set(...ids, '$argon2id$one', noon);
    const kept = await passwords.findByUser(...ids);
    assert.deepEqual(kept, {
      id: kept?.id,
      userId: ids[2],
      hash: '$argon2id$one',
      version: 1,
      expiresAt: noon,
      state: 'valid',
      createdAt: undefined,
      updatedAt: undefined,
    });
  });

  it('knows in which forms hashes of other systems came into a pool, and goes on knowing', async () => {
    const [tenant, pool, user] = await person();
    const [, otherPool] = await person();
    assert.deepEqual(await passwords.formsOf(tenant, pool), []);
    await passwords.set(tenant, pool, user, foreignHash, undefined);
    await passwords.set(tenant, pool, user, foreignHash.replace('5YPO', 'AAAA'), undefined);
    const [form, ...others] = await passwords.formsOf(tenant, pool);
    assert.deepEqual([form, others], [formOf(foreignHash), []]);
    await passwords.set(tenant, pool, user, `${ownHash}new`, undefined);
    assert.deepEqual([await passwords.formsOf(tenant, pool), await passwords.formsOf(tenant, otherPool)], [[form], []]);
  });

  it('raises the version with every change, and keeps the id', async () => {
    const ids = await person();
    await passwords.set(...ids, '$argon2id$one', noon);
    const before = await passwords.findByUser(...ids);
    await passwords.set(...ids, '$argon2id$two', undefined);
    assert.deepEqual(await passwords.findByUser(...ids), {
      id: before?.id,
      userId: ids[2],
      hash: '$argon2id$two',
      version: 2,
      expiresAt: undefined,
      state: 'valid',
      createdAt: undefined,
      updatedAt: undefined,
    });
  });

  it('counts every one of 20 changes at the same time', async () => {
    const ids = await person();
    await Promise.all(Array.from({ length: 20 }, (_, n) => passwords.set(...ids, `$argon2id$${String(n)}`, undefined)));
    assert.equal((await passwords.findByUser(...ids))?.version, 20);
  });

  it('knows when it came to be, when it was changed, and the state it is in', async () => {
    const ids = await person();
    await passwords.set(...ids, '$argon2id$one', undefined, { state: 'must_be_changed', at: noon });
    await passwords.set(...ids, '$argon2id$two', undefined, { at: noon + 5 });
    const changed = await passwords.findByUser(...ids);
    assert.deepEqual([changed?.state, changed?.createdAt, changed?.updatedAt], ['valid', noon, noon + 5]);
    assert.equal(await passwords.setState(...ids, 'must_be_reset', noon + 9), true);
    const marked = await passwords.findHeld(...ids);
    assert.deepEqual([marked?.state, marked?.version, marked?.updatedAt], ['must_be_reset', 2, noon + 9]);
    assert.equal(await passwords.setState(...(await person()), 'valid', noon), false);
  });

  it('keeps the last 24 before the present one, newest first', async () => {
    const ids = await person();
    for (let n = 1; n <= 30; n += 1) await passwords.set(...ids, `$argon2id$${String(n)}`, undefined);
    const history = await passwords.historyOf(...ids);
    assert.equal(history.length, 24);
    assert.deepEqual(history[0], { version: 29, hash: '$argon2id$29' });
    assert.deepEqual(history.at(-1), { version: 6, hash: '$argon2id$6' });
    assert.equal((await knex('password_history').where({ user_id: ids[2] })).length, 24);
    assert.deepEqual(await passwords.historyOf(...(await person())), []);
  });

  it('keeps a person without a password, who has none before their first', async () => {
    const ids = await person();
    await passwords.set(...ids, undefined, noon);
    assert.equal((await passwords.findByUser(...ids))?.hash, undefined);
    await passwords.set(...ids, '$argon2id$first', undefined);
    assert.deepEqual(await passwords.historyOf(...ids), []);
    assert.equal((await passwords.findByUser(...ids))?.version, 2);
  });

  it('makes a hash anew without another version, unless it is another hash by now', async () => {
    const ids = await person();
    await passwords.set(...ids, '$sha256$foreign', undefined);
    assert.equal(await passwords.rehash(...ids, '$sha256$foreign', '$argon2id$own'), true);
    const kept = await passwords.findByUser(...ids);
    assert.deepEqual([kept?.hash, kept?.version], ['$argon2id$own', 1]);
    assert.equal(await passwords.rehash(...ids, '$sha256$foreign', '$argon2id$late'), false);
    assert.equal((await passwords.findByUser(...ids))?.hash, '$argon2id$own');
  });

  it('goes with its person, and so do those before it', async () => {
    const ids = await person();
    await passwords.set(...ids, '$argon2id$one', undefined);
    await passwords.set(...ids, '$argon2id$two', undefined);
    await createUserStore(knex).remove(...ids);
    assert.equal(await passwords.findByUser(...ids), undefined);
    assert.deepEqual(await passwords.historyOf(...ids), []);
  });

  it('knows nothing of another tenant or pool', async () => {
    const [one, two] = [await person(), await person()];
    await passwords.set(...one, '$argon2id$one', undefined);
    assert.equal(await passwords.findByUser(two[0], one[1], one[2]), undefined);
    assert.equal(await passwords.findByUser(one[0], two[1], one[2]), undefined);
    await assert.rejects(passwords.set(two[0], one[1], one[2], '$argon2id$evil', undefined));
    assert.equal((await passwords.findByUser(...one))?.hash, '$argon2id$one');
  });
});
