import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { scopeId, serviceId } from '../../../server/kernel/ids.ts';
import type { StoredScope } from '../../../server/workspaces/scope.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('ScopeStore', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  async function seeded(): Promise<StoredScope> {
    const { tenant, workspace } = await seedTenant(knex);
    const scope: StoredScope = {
      id: scopeId(`accounts-${workspace}`),
      transient: true,
      metadata: { owner: 'Ada' },
      tenantId: tenant,
      workspaceId: workspace,
      name: 'accounts:read',
      displayName: 'Konten 📒',
      description: 'What you have.',
      implicitGrant: true,
      kind: 'api',
    };
    await storesOf(knex).scopes.insert(scope);
    return scope;
  }

  it('lists what was inserted, by name, and tells names apart by case (RFC 6749 §3.3)', async () => {
    const { scopes } = storesOf(knex);
    const scope = await seeded();
    const upper = { ...scope, id: scopeId(`upper-${scope.workspaceId}`), name: 'ACCOUNTS:READ', implicitGrant: false };
    await scopes.insert(upper);
    assert.deepEqual(await scopes.list(scope.tenantId, scope.workspaceId), [upper, scope]);
    await assert.rejects(scopes.insert(scope), (error) => isPlatformError(error, 'conflict'));
  });

  it('updates and removes', async () => {
    const { scopes } = storesOf(knex);
    const scope = await seeded();
    const changed: StoredScope = { ...scope, displayName: 'Accounts', implicitGrant: false };
    await scopes.update(changed);
    assert.deepEqual(await scopes.list(scope.tenantId, scope.workspaceId), [changed]);
    await scopes.remove(scope.tenantId, scope.workspaceId, scope.name);
    await assert.rejects(scopes.update(changed), (error) => isPlatformError(error, 'not_found'));
  });

  it('is found by its id in its own tenant, with what its service is', async () => {
    const { scopes, services } = storesOf(knex);
    const scope = await seeded();
    const { tenantId, workspaceId, id } = scope;
    const service = { id: serviceId(`bank-${workspaceId}`), name: 'Bank', customAudience: 'https://bank.example' };
    await services.insert({
      ...service,
      tenantId,
      workspaceId,
      description: '',
      type: 'user',
      isSystem: false,
      updatedAt: noon,
    });
    await scopes.update({ ...scope, serviceId: service.id });
    assert.deepEqual(await scopes.findById(tenantId, id), { ...scope, service });
    const { tenant: other } = await seedTenant(knex);
    assert.equal(await scopes.findById(other, id), undefined);
    assert.equal(await scopes.findById(tenantId, scopeId(`${id} `)), undefined);
    await services.remove(tenantId, service.id);
    assert.deepEqual(await scopes.findById(tenantId, id), scope, 'as if it had none');
  });

  it('knows nothing of another tenant', async () => {
    const { scopes } = storesOf(knex);
    const scope = await seeded();
    const { tenant: other } = await seedTenant(knex);
    assert.deepEqual(await scopes.list(other, scope.workspaceId), []);
    await assert.rejects(scopes.update({ ...scope, tenantId: other }), (error) => isPlatformError(error, 'not_found'));
    await scopes.remove(other, scope.workspaceId, scope.name);
    assert.equal((await scopes.list(scope.tenantId, scope.workspaceId)).length, 1);
  });
});
