import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { newId, poolId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { firstPage } from '../../../server/kernel/pagination.ts';
import { createTenantService } from '../../../server/tenants/tenant.service.ts';
import { reservedTenantIds } from '../../../server/tenants/tenant.ts';
import type { Tenant } from '../../../server/tenants/tenant.ts';
import type { TenantService } from '../../../server/tenants/tenant.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { columnsOf } from '../../support/schema.ts';
import { poolOf } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('TenantService', (open) => {
  let knex: Knex;
  let service: TenantService;
  before(async () => {
    knex = await open();
    service = createTenantService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
  });

  it('makes a tenant with its reserved workspaces, each with a key and scopes', async () => {
    const { tenant: made, clients } = await service.create({
      id: 'acme',
      name: 'Acme',
      settings: { url: 'https://acme.example' },
    });
    const { id } = made;
    const [client, administrator] = clients;
    assert.ok(client !== undefined && administrator !== undefined && clients.length === 2);
    const subject = { type: 'client', clientId: administrator.id } as const;
    assert.deepEqual(await storesOf(knex).roles.listFor(id, [subject]), [
      { tenantId: id, workspaceId: undefined, role: 'admin', subject },
    ]);
    assert.deepEqual(await storesOf(knex).clients.find(id, workspaceId('admin'), administrator.id), administrator);
    assert.deepEqual(await storesOf(knex).clients.find(id, workspaceId('system'), client.id), client);
    assert.match(client.metadata.scope ?? '', /\bmanage_configuration\b/);
    const { workspaces, signingKeys, scopes } = storesOf(knex);
    const { items } = await workspaces.list(id, firstPage);
    assert.deepEqual(
      items.map((workspace) => [workspace.id, workspace.type]),
      [
        ['admin', 'admin'],
        ['developer', 'developer'],
        ['system', 'system'],
      ],
    );
    for (const workspace of items) assert.equal((await signingKeys.list(id, workspace.id)).length, 1);
    const [, , system] = items;
    assert.ok(system !== undefined);
    const names = (await scopes.list(id, system.id)).map((scope) => scope.name);
    assert.ok(names.includes('manage_configuration') && names.includes('openid'));
    assert.deepEqual(await eventsOf(knex, id), [
      'server created',
      'server created',
      'server created',
      'tenant created',
    ]);
  });

  for (const id of ['', 'Acme', 'a b', '-a', 'a/b', '../a', 'x'.repeat(65), ...reservedTenantIds]) {
    it(`refuses the id ${JSON.stringify(id.slice(0, 10))}`, async () => {
      await assert.rejects(service.create({ id, name: 'X' }), (error) =>
        isPlatformError(error, 'unprocessable_entity'),
      );
    });
  }

  it('makes nothing of a tenant whose id is taken', async () => {
    const { tenant } = await seedTenant(knex, tenantId(newId()));
    await assert.rejects(service.create({ id: tenant, name: 'X' }), (error) => isPlatformError(error, 'conflict'));
    assert.equal((await storesOf(knex).workspaces.list(tenant, firstPage)).items.length, 1);
  });

  it('makes one of two tenants that ask for the same id at once', async () => {
    const id = newId();
    const outcomes = await Promise.allSettled([1, 2].map(() => service.create({ id, name: 'X' })));
    assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  });

  it('makes a workspace for applications where it is asked for', async () => {
    const made = await service.create({ id: newId(), name: 'X', withDefaultWorkspace: true });
    const workspace = made.workspaces.find(({ type }) => type === 'regular');
    assert.equal(workspace?.id, 'default');
    assert.deepEqual(await storesOf(knex).workspaces.find(made.tenant.id, workspace.id), workspace);
  });

  it('replaces name and settings, unless its caller stops it', async () => {
    const { tenant } = await service.create({ id: newId(), name: 'X', settings: { url: 'https://x.example' } });
    const check = (stored: Tenant) => {
      assert.deepEqual(stored, tenant);
      throw new Error('stale');
    };
    await assert.rejects(service.update({ id: tenant.id, name: 'Y', settings: {}, check }), /stale/);
    const updated = await service.update({ id: tenant.id, name: 'Y', settings: {} });
    assert.deepEqual([updated.name, updated.settings], ['Y', {}]);
    assert.deepEqual(await storesOf(knex).tenants.find(tenant.id), updated);
    await assert.rejects(service.update({ ...tenant, id: tenantId('nobody') }), (error) =>
      isPlatformError(error, 'not_found'),
    );
  });

  it('removes all that a tenant holds, and tells the root', async () => {
    const root = tenantId('system');
    await seedTenant(knex, root);
    const { id } = (await service.create({ id: newId(), name: 'Gone' })).tenant;
    await storesOf(knex).pools.insert(poolOf(id, { id: poolId('people') }));
    await service.remove(id);
    const tables = (await columnsOf(knex)).filter(({ column }) => column === 'tenant_id').map(({ table }) => table);
    assert.ok(tables.length > 10);
    for (const table of tables) assert.deepEqual(await knex(table).where({ tenant_id: id }).select(), [], table);
    assert.deepEqual(await eventsOf(knex, root), ['tenant deleted']);
  });

  it('lets nobody in to one whose removal was killed, which housekeeping ends', async () => {
    const root = tenantId('system');
    if ((await storesOf(knex).tenants.find(root)) === undefined) await seedTenant(knex, root);
    const { id } = (await service.create({ id: newId(), name: 'Half' })).tenant;
    const unitOfWork = unitOfWorkOn(knex);
    let runs = 0;
    const killed = createTenantService({
      unitOfWork: {
        run(work) {
          runs += 1;
          return runs === 2 ? Promise.reject(new Error('killed')) : unitOfWork.run(work);
        },
      },
      clock: heldClock(),
    });
    await assert.rejects(killed.remove(id), /killed/);
    const { tenants, clients, holdings } = storesOf(knex);
    assert.equal(await tenants.find(id), undefined);
    for (const workspace of ['system', 'admin'])
      assert.deepEqual((await clients.list(id, workspaceId(workspace), { limit: 10, order: 'asc' })).items, []);
    while ((await holdings.removeSome(7)) === 7);
    assert.equal((await knex('tenants').where({ id }).select('id')).length, 0);
    assert.equal((await knex('workspaces').where({ tenant_id: id }).select('id')).length, 0);
  });

  it('refuses to remove the root tenant, and one that is not there', async () => {
    await assert.rejects(service.remove(tenantId('system')), (error) => isPlatformError(error, 'forbidden'));
    await assert.rejects(service.remove(tenantId('nobody')), (error) => isPlatformError(error, 'not_found'));
  });
});
