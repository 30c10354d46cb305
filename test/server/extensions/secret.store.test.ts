import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { Secret } from '../../../server/extensions/secret.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { secretId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('SecretStore', (open) => {
  let knex: Knex;
  let one: Secret;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    const { tenant, workspace } = await seedTenant(knex);
    one = { tenantId: tenant, workspaceId: workspace, id: secretId('RISK_KEY'), createdAt: noon, updatedAt: noon };
    await storesOf(knex).secrets.insert(one, 'k-8f2ü');
  });

  it('finds, lists by id, opens, updates and removes', async () => {
    const { secrets } = storesOf(knex);
    const { tenantId, workspaceId, id } = one;
    const first: Secret = { ...one, id: secretId('API_KEY') };
    await secrets.insert(first, 'other');
    assert.deepEqual(await secrets.list(tenantId, workspaceId), [first, one]);
    assert.deepEqual(await secrets.find(tenantId, workspaceId, id), one);
    for (const other of ['RISK_KEY ', 'risk_key'])
      assert.equal(await secrets.find(tenantId, workspaceId, secretId(other)), undefined);
    assert.deepEqual([...(await secrets.open(tenantId, workspaceId))].toSorted(), [
      ['API_KEY', 'other'],
      ['RISK_KEY', 'k-8f2ü'],
    ]);
    await secrets.update({ ...one, updatedAt: noon + 1 }, 'another');
    assert.deepEqual([...(await secrets.open(tenantId, workspaceId, [id]))], [['RISK_KEY', 'another']]);
    assert.deepEqual(await secrets.find(tenantId, workspaceId, id), { ...one, updatedAt: noon + 1 });
    await assert.rejects(secrets.insert(one, 'x'), (error) => isPlatformError(error, 'conflict'));
    await secrets.remove(tenantId, workspaceId, id);
    assert.equal(await secrets.find(tenantId, workspaceId, id), undefined);
    await assert.rejects(secrets.update(one, 'x'), (error) => isPlatformError(error, 'not_found'));
  });

  it('keeps a value sealed, in its own place alone', async () => {
    const { secrets } = storesOf(knex);
    const rows = () =>
      knex<{ tenant_id: string; id: string; sealed_value: string }>('secrets').where({ tenant_id: one.tenantId });
    const row = await rows().first();
    assert.match(row?.sealed_value ?? '', /^v1\./);
    assert.ok(!row?.sealed_value.includes('k-8f2'));
    const stolen: Secret = { ...one, id: secretId('MINE') };
    await secrets.insert(stolen, 'x');
    await rows()
      .where({ id: 'MINE' })
      .update({ sealed_value: row?.sealed_value ?? '' });
    await assert.rejects(secrets.open(one.tenantId, one.workspaceId, [stolen.id]), /cannot be opened/);
  });

  it('knows nothing of another tenant', async () => {
    const { secrets } = storesOf(knex);
    const { tenant: other } = await seedTenant(knex);
    assert.equal(await secrets.find(other, one.workspaceId, one.id), undefined);
    assert.equal((await secrets.open(other, one.workspaceId)).size, 0);
    await secrets.remove(other, one.workspaceId, one.id);
    assert.deepEqual(await secrets.list(one.tenantId, one.workspaceId), [one]);
  });
});
