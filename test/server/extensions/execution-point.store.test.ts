import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { Binding } from '../../../server/extensions/execution-point.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { scriptId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { scriptServiceOn, scriptWords } from '../../support/kept-scripts.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('ExecutionPointStore', (open) => {
  let knex: Knex;
  let one: Binding;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    const { tenant, workspace } = await seedTenant(knex);
    const service = scriptServiceOn(knex);
    for (const id of ['risk', 'other']) await service.create(tenant, workspace, id, { ...scriptWords, body: '' });
    one = {
      tenantId: tenant,
      workspaceId: workspace,
      type: 'post_authn_ctx',
      target: 'people',
      scriptId: scriptId('risk'),
    };
    await storesOf(knex).executionPoints.put(one);
  });

  it('finds, lists, replaces and removes', async () => {
    const { executionPoints } = storesOf(knex);
    const first: Binding = { ...one, type: 'allowed_idp_ids', target: one.workspaceId };
    await executionPoints.put(first);
    assert.deepEqual(await executionPoints.list(one.tenantId, one.workspaceId), [first, one]);
    const other: Binding = { ...one, scriptId: scriptId('other') };
    await executionPoints.put(other);
    assert.deepEqual(await executionPoints.find(one), other);
    assert.deepEqual(await executionPoints.boundTo({ ...one, id: scriptId('risk') }), [first]);
    assert.equal(await executionPoints.find({ ...one, target: 'people ' }), undefined);
    await executionPoints.remove(one);
    assert.equal(await executionPoints.find(one), undefined);
  });

  it('finds what is bound at several places, and at no other', async () => {
    const { executionPoints } = storesOf(knex);
    const { tenantId, workspaceId, type } = one;
    const minting: Binding = { ...one, type: 'token_minting', target: workspaceId };
    await executionPoints.put(minting);
    // Of the types and the targets that are asked for, in another pair.
    await executionPoints.put({ ...one, target: workspaceId });
    const all = (target: string) =>
      executionPoints.findAll(tenantId, workspaceId, [
        { type, target },
        { type: 'token_minting', target: workspaceId },
      ]);
    assert.deepEqual(new Set(await all('people')), new Set([one, minting]));
    assert.deepEqual(await all('people '), [minting]);
    const { tenant, workspace } = await seedTenant(knex);
    assert.deepEqual(await executionPoints.findAll(tenant, workspaceId, [one]), []);
    assert.deepEqual(await executionPoints.findAll(tenantId, workspace, [one]), []);
    assert.deepEqual(await executionPoints.findAll(tenantId, workspaceId, []), []);
  });

  it('finds what workspaces have for all of their idps, and nothing else', async () => {
    const { executionPoints } = storesOf(knex);
    const other = await seedTenant(knex);
    const both = [one.workspaceId, other.workspace];
    await executionPoints.put({ ...one, type: 'token_minting', target: one.workspaceId });
    assert.deepEqual([...(await executionPoints.listDefaults(one.tenantId, both))], []);
    await executionPoints.put({ ...one, target: one.workspaceId });
    assert.deepEqual([...(await executionPoints.listDefaults(one.tenantId, both))], [[one.workspaceId, 'risk']]);
    assert.deepEqual([...(await executionPoints.listDefaults(one.tenantId, []))], []);
    assert.deepEqual([...(await executionPoints.listDefaults(other.tenant, both))], []);
  });

  it('binds no script that is not there, and none of another tenant', async () => {
    const { executionPoints } = storesOf(knex);
    const missing = executionPoints.put({ ...one, scriptId: scriptId('nothing') });
    await assert.rejects(missing, (error) => isPlatformError(error, 'not_found'));
    const { tenant, workspace } = await seedTenant(knex);
    const foreign = executionPoints.put({ ...one, tenantId: tenant, workspaceId: workspace });
    await assert.rejects(foreign, (error) => isPlatformError(error, 'not_found'));
    assert.equal(await executionPoints.find({ ...one, tenantId: tenant }), undefined);
  });

  it('keeps a script that is bound, whatever a service forgets', async () => {
    await assert.rejects(storesOf(knex).scripts.remove({ ...one, id: scriptId('risk') }), /foreign key/i);
  });
});
