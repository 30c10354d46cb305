import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createRevocationStore } from '../../../server/sessions/revocation.store.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedWorkspace } from '../../support/seeded.ts';

onEachDatabase('RevocationStore', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  it('says from when on logins of somebody count, in one workspace', async () => {
    const store = createRevocationStore(knex);
    const { tenant, workspace } = await seedWorkspace(knex);
    const other = await seedWorkspace(knex, tenant);
    assert.equal(await store.notBefore(tenant, workspace, 'ada'), undefined);
    for (const at of [noon, noon + 5]) await store.revoke(tenant, workspace, 'ada', at, at + 1000);
    assert.equal(await store.notBefore(tenant, workspace, 'ada'), noon + 5);
    assert.equal(await store.notBefore(tenant, other.workspace, 'ada'), undefined);
    assert.equal(await store.notBefore(tenant, workspace, 'ADA'), undefined);
    const read = await knex.transaction((transaction) =>
      createRevocationStore(transaction).notBefore(tenant, workspace, 'ada'),
    );
    assert.equal(read, noon + 5);
  });

  it('does not say whose they are, and forgets those that decide nothing any more', async () => {
    const store = createRevocationStore(knex);
    const { tenant, workspace } = await seedWorkspace(knex);
    await store.revoke(tenant, workspace, 'ada@example.com', noon, noon + 1000);
    const rows = await knex('subject_revocations').where({ tenant_id: tenant });
    assert.doesNotMatch(JSON.stringify(rows), /\bada\b/);
    await store.removeExpired(noon + 1000, 100);
    assert.equal(await store.notBefore(tenant, workspace, 'ada@example.com'), noon);
    await store.removeExpired(noon + 1001, 100);
    assert.equal(await store.notBefore(tenant, workspace, 'ada@example.com'), undefined);
  });
});
