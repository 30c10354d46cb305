import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import type { TenantId, WorkspaceId } from '../../../server/kernel/ids.ts';
import { generateSigningKey } from '../../../server/workspaces/signing-key.service.ts';
import type { SigningKey, SigningKeyStore } from '../../../server/workspaces/signing-key.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock, seedTenant, storesOf } from '../../support/stores.ts';

const keyAt = (at: number): Promise<SigningKey> => generateSigningKey('ES256', heldClock(at));

onEachDatabase('SigningKeyStore', (open) => {
  let knex: Knex;
  let keys: SigningKeyStore;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  beforeEach(async () => {
    knex = await open();
    keys = storesOf(knex).signingKeys;
    ({ tenant, workspace } = await seedTenant(knex));
  });

  it('lists the active key first, then the retired from young to old', async () => {
    const [oldest, older, active] = [await keyAt(noon), await keyAt(noon + 1), await keyAt(noon + 2)];
    for (const key of [oldest, active, older]) await keys.insert(tenant, workspace, key);
    await keys.retire(tenant, workspace, oldest.kid, noon + 10);
    await keys.retire(tenant, workspace, older.kid, noon + 20);
    assert.deepEqual(await keys.list(tenant, workspace), [
      active,
      { ...older, state: 'retired', removableAt: noon + 20 },
      { ...oldest, state: 'retired', removableAt: noon + 10 },
    ]);
  });

  it('removes retired keys whose time has come, and never an active one', async () => {
    const [gone, kept, active] = [await keyAt(noon), await keyAt(noon), await keyAt(noon)];
    for (const key of [gone, kept, active]) await keys.insert(tenant, workspace, key);
    await keys.retire(tenant, workspace, gone.kid, noon + 10);
    await keys.retire(tenant, workspace, kept.kid, noon + 11);
    assert.equal(await keys.removeExpired(tenant, workspace, noon + 10), 1);
    const left = await keys.list(tenant, workspace);
    assert.deepEqual(left.map(({ kid }) => kid).toSorted(), [kept.kid, active.kid].toSorted());
  });

  it('keeps the private members sealed', async () => {
    const key = await keyAt(noon);
    await keys.insert(tenant, workspace, key);
    const rows = JSON.stringify(await knex('signing_keys').select());
    assert.ok(rows.includes(key.kid));
    const { d, x } = key.privateJwk;
    assert.ok(d !== undefined && x !== undefined);
    assert.ok(!rows.includes(d) && !rows.includes(x));
  });

  it('knows nothing of another tenant', async () => {
    const key = await keyAt(noon);
    await keys.insert(tenant, workspace, key);
    const { tenant: other } = await seedTenant(knex);
    assert.deepEqual(await keys.list(other, workspace), []);
    await assert.rejects(keys.retire(other, workspace, key.kid, noon), (error) => isPlatformError(error, 'not_found'));
    assert.equal(await keys.removeExpired(other, workspace, noon * 2), 0);
    assert.deepEqual(await keys.list(tenant, workspace), [key]);
  });

  it('refuses a sealed key that was copied to another workspace', async () => {
    const key = await keyAt(noon);
    await keys.insert(tenant, workspace, key);
    const { tenant: other, workspace: elsewhere } = await seedTenant(knex);
    const row = await knex<{ kid: string }>('signing_keys').where({ kid: key.kid }).first();
    await knex('signing_keys').insert({ ...row, tenant_id: other, workspace_id: elsewhere });
    await assert.rejects(keys.list(other, elsewhere), (error) => isPlatformError(error, 'internal'));
  });
});
