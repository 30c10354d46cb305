import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { claimId, newId } from '../../../server/kernel/ids.ts';
import type { Claim } from '../../../server/workspaces/claim.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('ClaimStore', (open) => {
  let knex: Knex;
  let one: Claim;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    const { tenant, workspace } = await seedTenant(knex);
    one = {
      tenantId: tenant,
      workspaceId: workspace,
      id: claimId(newId()),
      name: 'department',
      type: 'id_token',
      description: 'Wo jemand arbeitet 🏢',
      sourcePath: 'work.department',
      scopes: ['profile', 'work'],
      isOpaque: true,
    };
    await storesOf(knex).claims.insert(one);
  });

  it('finds, lists by type and name, updates and removes', async () => {
    const { claims } = storesOf(knex);
    const { tenantId, workspaceId } = one;
    const token: Claim = { ...one, id: claimId(newId()), type: 'access_token', isOpaque: false };
    await claims.insert(token);
    assert.deepEqual(await claims.list(tenantId, workspaceId), [token, one]);
    assert.deepEqual(await claims.find(tenantId, one.id), one);
    const changed: Claim = { ...one, name: 'unit', scopes: [] };
    await claims.update(changed);
    assert.deepEqual(await claims.find(tenantId, one.id), changed);
    await claims.remove(tenantId, one.id);
    assert.deepEqual(await claims.list(tenantId, workspaceId), [token]);
    await assert.rejects(claims.update(changed), (error) => isPlatformError(error, 'not_found'));
  });

  it('has a name once for each type, and an id once in a tenant', async () => {
    const { claims } = storesOf(knex);
    const conflict = (error: unknown) => isPlatformError(error, 'conflict');
    await assert.rejects(claims.insert({ ...one, id: claimId(newId()) }), conflict);
    await assert.rejects(claims.insert({ ...one, name: 'other' }), conflict);
    const other: Claim = { ...one, id: claimId(newId()), name: 'other' };
    await claims.insert(other);
    await assert.rejects(claims.update({ ...other, name: one.name }), conflict);
  });

  it('knows nothing of another tenant', async () => {
    const { claims } = storesOf(knex);
    const { tenant: other } = await seedTenant(knex);
    assert.equal(await claims.find(other, one.id), undefined);
    assert.deepEqual(await claims.list(other, one.workspaceId), []);
    await claims.remove(other, one.id);
    assert.notEqual(await claims.find(one.tenantId, one.id), undefined);
  });
});
