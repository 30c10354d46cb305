import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import type { TenantId, WorkspaceId } from '../../../server/kernel/ids.ts';
import { createServiceService, type ServiceService } from '../../../server/workspaces/service.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { clientOf, eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('ServiceService', (open) => {
  let knex: Knex;
  let services: ServiceService;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  const words = { name: 'Orders', description: '', customAudience: undefined };
  beforeEach(async () => {
    knex = await open();
    services = createServiceService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
    ({ tenant, workspace } = await seedTenant(knex));
  });

  it('raises the revision with each change, and takes the scopes with the service', async () => {
    const { scopes, workspaces } = storesOf(knex);
    const { id } = await services.create(tenant, workspace, '', words);
    const named = { displayName: 'Read', description: '', implicitGrant: false, kind: 'api' } as const;
    const place = { tenantId: tenant, workspaceId: workspace };
    await scopes.insert({ ...place, ...named, name: 'orders:read', serviceId: id });
    await scopes.insert({ ...place, ...named, name: 'other' });
    await services.update({ tenantId: tenant, id }, { ...words, name: 'Baskets' });
    await services.remove({ tenantId: tenant, id });
    assert.deepEqual(
      (await scopes.listOwn(tenant, workspace)).map(({ name }) => name),
      ['other'],
    );
    assert.equal((await workspaces.findEdition(tenant, workspace))?.revision, 4);
    assert.deepEqual(await eventsOf(knex, tenant), ['service created', 'service deleted', 'service updated']);
  });

  it('refuses an id that cannot be, or is taken, and what is not there', async () => {
    await services.create(tenant, workspace, 'orders', words);
    await assert.rejects(services.create(tenant, workspace, 'orders', words), (error) =>
      isPlatformError(error, 'conflict'),
    );
    await assert.rejects(services.create(tenant, workspace, 'a b', words), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
    const { tenant: other } = await seedTenant(knex);
    const found = await storesOf(knex).services.list(tenant, workspace, { limit: 1, order: 'asc' });
    const id = found.items[0]?.id;
    assert.ok(id);
    await assert.rejects(services.remove({ tenantId: other, id }), (error) => isPlatformError(error, 'not_found'));
  });

  it('goes with no scope that a client is registered with, until it is forced', async () => {
    const { clients, scopes, services: stored } = storesOf(knex);
    const { id } = await services.create(tenant, workspace, '', words);
    const place = { tenantId: tenant, workspaceId: workspace };
    const named = { displayName: 'Read', description: '', implicitGrant: false, kind: 'api' } as const;
    for (const name of ['orders:read', 'orders:write'])
      await scopes.insert({ ...place, ...named, name, serviceId: id });
    const registered = clientOf(tenant, workspace, 'till', { scope: 'orders:read orders:write' });
    await clients.insert({ ...registered, status: 'inactive' });
    await assert.rejects(services.remove({ tenantId: tenant, id }), (error) => {
      assert.ok(isPlatformError(error, 'unprocessable_entity'), String(error));
      assert.match(JSON.stringify(error.details), /"client_id":"till".*orders:read, orders:write/);
      return true;
    });
    assert.equal((await scopes.listOwn(tenant, workspace)).length, 2);
    await services.remove({ tenantId: tenant, id, force: true });
    assert.equal(await stored.find(tenant, id), undefined);
    assert.deepEqual(await scopes.listOwn(tenant, workspace), []);
  });

  it('keeps a system service', async () => {
    const service = await services.create(tenant, workspace, 'orders', words);
    await storesOf(knex).services.update({ ...service, isSystem: true });
    await assert.rejects(services.remove({ tenantId: tenant, id: service.id }), (error) =>
      isPlatformError(error, 'bad_request'),
    );
  });
});
