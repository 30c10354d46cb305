import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createPasswordCredentialStore } from '../../../../server/credentials/password/password.store.ts';
import type { PasswordCredentialStore } from '../../../../server/credentials/password/password.ts';
import { onEachDatabase } from '../../../support/databases.ts';
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
    assert.deepEqual(kept, { id: kept?.id, userId: ids[2], hash: '$argon2id$one', version: 1, expiresAt: noon });
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
    });
  });

  it('counts every one of 20 changes at the same time', async () => {
    const ids = await person();
    await Promise.all(Array.from({ length: 20 }, (_, n) => passwords.set(...ids, `$argon2id$${String(n)}`, undefined)));
    assert.equal((await passwords.findByUser(...ids))?.version, 20);
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
