import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import type { Scope } from '../../../server/workspaces/scope.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('ScopeStore', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  async function seeded(): Promise<Scope> {
    const { tenant, workspace } = await seedTenant(knex);
    const scope: Scope = {
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
    const upper = { ...scope, name: 'ACCOUNTS:READ', implicitGrant: false };
    await scopes.insert(upper);
    assert.deepEqual(await scopes.list(scope.tenantId, scope.workspaceId), [upper, scope]);
    await assert.rejects(scopes.insert(scope), (error) => isPlatformError(error, 'conflict'));
  });

  it('updates and removes', async () => {
    const { scopes } = storesOf(knex);
    const scope = await seeded();
    const changed: Scope = { ...scope, displayName: 'Accounts', implicitGrant: false };
    await scopes.update(changed);
    assert.deepEqual(await scopes.list(scope.tenantId, scope.workspaceId), [changed]);
    await scopes.remove(scope.tenantId, scope.workspaceId, scope.name);
    await assert.rejects(scopes.update(changed), (error) => isPlatformError(error, 'not_found'));
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
