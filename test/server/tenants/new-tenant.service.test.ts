import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { newId } from '../../../server/kernel/ids.ts';
import { firstPage } from '../../../server/kernel/pagination.ts';
import { insertTenant, prepareTenant } from '../../../server/tenants/new-tenant.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { eventsOf, heldClock, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('insertTenant', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  it('makes the workspaces that were asked for, and no others', async () => {
    const prepared = await prepareTenant({ id: newId(), name: 'Two' }, ['system', 'admin'], heldClock());
    await unitOfWorkOn(knex).run((stores) => insertTenant(stores, prepared));
    const { id } = prepared.tenant;
    assert.deepEqual(await storesOf(knex).tenants.find(id), prepared.tenant);
    const { items } = await storesOf(knex).workspaces.list(id, firstPage);
    assert.deepEqual(
      items.map((workspace) => workspace.id),
      ['admin', 'system'],
    );
    assert.deepEqual(await eventsOf(knex, id), ['server created', 'server created', 'tenant created']);
  });

  it('writes nothing the second time', async () => {
    const prepared = await prepareTenant({ id: newId(), name: 'Once' }, ['system'], heldClock());
    await unitOfWorkOn(knex).run((stores) => insertTenant(stores, prepared));
    const again = unitOfWorkOn(knex).run((stores) => insertTenant(stores, prepared));
    await assert.rejects(again, (error) => isPlatformError(error, 'conflict'));
    assert.equal((await eventsOf(knex, prepared.tenant.id)).length, 2);
  });
});
