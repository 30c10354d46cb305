/** Which tables hold what people sign in with: one that is forgotten would outlive an activation. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { credentialKinds, tablesOf } from '../../../server/compose-kinds.ts';
import { createFormerCredentialsStore } from '../../../server/codes/former-credentials.store.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { columnsOf } from '../../support/schema.ts';
import { seedPool, seedUser } from '../../support/seeded.ts';

onEachDatabase('FormerCredentialsStore', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  it('empties every table of credentials', async () => {
    const pool = await seedPool(knex);
    const user = await seedUser(knex, pool);
    const emptied = new Set<string>();
    knex.on('query', ({ sql }: { sql: string }) => {
      const table = /^delete from [`"](\w+)[`"]/.exec(sql)?.[1];
      if (table !== undefined) emptied.add(table);
    });
    await createFormerCredentialsStore(knex, tablesOf(credentialKinds)).drop(pool.tenantId, pool.id, user.id);
    const ofPeople = (await columnsOf(knex)).filter(({ column }) => column === 'user_id');
    const tables = new Set(
      ofPeople.map(({ table }) => table).filter((name) => /credential|^password_|^passkeys$/.test(name)),
    );
    assert.deepEqual([...emptied].sort(), [...tables].sort());
  });
});
