import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { newId, serviceId } from '../../../server/kernel/ids.ts';
import type { Service } from '../../../server/workspaces/service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('ServiceStore', (open) => {
  let knex: Knex;
  let one: Service;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    const { tenant, workspace } = await seedTenant(knex);
    one = {
      tenantId: tenant,
      workspaceId: workspace,
      id: serviceId(newId()),
      name: 'Orders 📦',
      description: 'What was ordered.',
      customAudience: 'https://orders.example',
      type: 'user',
      isSystem: false,
      updatedAt: noon,
    };
    await storesOf(knex).services.insert(one);
  });
  const page = { limit: 20, order: 'asc' } as const;

  it('finds, lists by id and type, updates and removes', async () => {
    const { services } = storesOf(knex);
    const { tenantId, workspaceId, id, customAudience: _none, ...rest } = one;
    const later: Service = {
      ...rest,
      tenantId,
      workspaceId,
      id: serviceId(`z${newId()}`),
      type: 'oidc',
      isSystem: true,
    };
    await services.insert(later);
    assert.deepEqual((await services.list(tenantId, workspaceId, page)).items, [one, later]);
    assert.deepEqual((await services.list(tenantId, workspaceId, { ...page, types: ['oidc'] })).items, [later]);
    assert.deepEqual((await services.list(tenantId, workspaceId, { ...page, search: 'ORDERS' })).items.length, 2);
    assert.deepEqual((await services.list(tenantId, workspaceId, { ...page, after: id })).items, [later]);
    await services.update({ ...one, name: 'ÉBÈNE Größe' });
    for (const search of ['ébène', 'ÉbÈnE', 'GRÖßE'])
      assert.equal((await services.list(tenantId, workspaceId, { ...page, search })).items.length, 1, search);
    await services.update({ ...one, name: 'Baskets' });
    assert.equal((await services.find(tenantId, id))?.name, 'Baskets');
    await services.remove(tenantId, id);
    assert.equal(await services.find(tenantId, id), undefined);
  });

  it('has an id once in a tenant, whatever the workspace', async () => {
    const { services } = storesOf(knex);
    await assert.rejects(services.insert(one), (error) => isPlatformError(error, 'conflict'));
    const { tenant, workspace } = await seedTenant(knex);
    await services.insert({ ...one, tenantId: tenant, workspaceId: workspace });
  });

  it('knows nothing of another tenant', async () => {
    const { services } = storesOf(knex);
    const { tenant: other } = await seedTenant(knex);
    assert.equal(await services.find(other, one.id), undefined);
    assert.deepEqual((await services.list(other, one.workspaceId, page)).items, []);
    await assert.rejects(services.update({ ...one, tenantId: other }), (error) => isPlatformError(error, 'not_found'));
    await services.remove(other, one.id);
    assert.notEqual(await services.find(one.tenantId, one.id), undefined);
  });
});
