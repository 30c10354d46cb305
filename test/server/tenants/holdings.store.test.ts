import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { credentialKinds, holdingsOf, tablesOf } from '../../../server/compose-kinds.ts';
import { createHoldingsStore, tenantTables, workspaceTables } from '../../../server/tenants/holdings.store.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { poolOf } from '../../support/seeded.ts';
import { columnsOf } from '../../support/schema.ts';
import { seedTenant, storesOf, workspaceOf } from '../../support/stores.ts';

const ofKinds = holdingsOf(credentialKinds);

onEachDatabase('HoldingsStore', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  it('knows every table that belongs to a tenant or a workspace', async () => {
    const columns = await columnsOf(knex);
    const tablesWith = (name: string) => columns.filter(({ column }) => column === name).map(({ table }) => table);
    const known: readonly string[] = [...workspaceTables, ...ofKinds, ...tenantTables];
    assert.deepEqual(tablesWith('tenant_id').toSorted(), known.toSorted());
    const told = ['audit_events', 'pools'];
    assert.deepEqual(
      tablesWith('workspace_id')
        .filter((table) => !told.includes(table))
        .toSorted(),
      workspaceTables.toSorted(),
    );
  });

  it('finds in each table of a kind what it goes with: a tenant, a pool, and a person where it is of people', async () => {
    const columns = await columnsOf(knex);
    const has = (table: string, name: string) => columns.some((one) => one.table === table && one.column === name);
    for (const table of ofKinds)
      assert.deepEqual([has(table, 'pool_id'), has(table, 'workspace_id')], [true, false], table);
    for (const table of tablesOf(credentialKinds)) assert.ok(has(table, 'user_id'), table);
  });

  it('removes a workspace and leaves its neighbours, and its people to the tenant', async () => {
    const { tenant, workspace } = await seedTenant(knex);
    const neighbour = workspaceOf(tenant);
    await storesOf(knex).workspaces.insert(neighbour);
    const pool = poolOf(tenant, { workspaceId: workspace });
    await storesOf(knex).pools.insert(pool);
    await createHoldingsStore(knex, ofKinds).removeWorkspace(tenant, workspace);
    assert.equal((await storesOf(knex).pools.find(tenant, pool.id))?.workspaceId, undefined);
    assert.equal(await storesOf(knex).workspaces.find(tenant, workspace), undefined);
    assert.notEqual(await storesOf(knex).workspaces.find(tenant, neighbour.id), undefined);
  });

  it('removes a tenant and leaves the others', async () => {
    const [one, other] = [await seedTenant(knex), await seedTenant(knex)];
    const holdings = createHoldingsStore(knex, ofKinds);
    assert.equal(await holdings.removeSome(100, one.tenant), 0, 'nothing of one that is there');
    await storesOf(knex).tenants.markRemoved(one.tenant, 1);
    assert.equal(await storesOf(knex).tenants.find(one.tenant), undefined);
    assert.equal(await holdings.removeSome(1), 1, 'a little at a time');
    while ((await holdings.removeSome(1)) === 1);
    assert.equal((await knex('tenants').where({ id: one.tenant }).select('id')).length, 0);
    assert.equal(await storesOf(knex).workspaces.find(one.tenant, one.workspace), undefined);
    assert.notEqual(await storesOf(knex).workspaces.find(other.tenant, other.workspace), undefined);
  });
});
