import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { CustomApp } from '../../../server/extensions/custom-app.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { clientId, customAppId, idpId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('CustomAppStore', (open) => {
  let knex: Knex;
  let one: CustomApp;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    const { tenant, workspace } = await seedTenant(knex);
    one = {
      tenantId: tenant,
      workspaceId: workspace,
      id: customAppId('kyc'),
      name: 'Wer bist du? 🪪',
      url: 'https://kyc.example/start?lang=de',
      clientId: clientId('kyc-client'),
    };
    await storesOf(knex).customApps.insert(one);
  });

  it('finds, lists by id, updates and removes', async () => {
    const { customApps } = storesOf(knex);
    const { tenantId, workspaceId, id } = one;
    const first: CustomApp = { ...one, id: customAppId('aml') };
    await customApps.insert(first);
    assert.deepEqual(await customApps.list(tenantId, workspaceId), [first, one]);
    const changed: CustomApp = { ...one, name: 'KYC', url: 'https://other.example' };
    await customApps.update(changed);
    assert.deepEqual(await customApps.find(tenantId, workspaceId, id), changed);
    assert.equal(await customApps.find(tenantId, workspaceId, customAppId('kyc ')), undefined);
    await assert.rejects(customApps.insert(one), (error) => isPlatformError(error, 'conflict'));
    await customApps.remove(tenantId, workspaceId, id);
    assert.equal(await customApps.find(tenantId, workspaceId, id), undefined);
    await assert.rejects(customApps.update(changed), (error) => isPlatformError(error, 'not_found'));
  });

  it('says which idps send their people to it', async () => {
    const { customApps, idps } = storesOf(knex);
    const { tenantId, workspaceId, id } = one;
    const idp = { tenantId, workspaceId, name: 'x', enabled: true, method: 'static', users: [] } as const;
    await idps.insert({ ...idp, id: idpId('free') });
    assert.deepEqual(await customApps.boundTo(tenantId, workspaceId, id), []);
    await idps.insert({ ...idp, id: idpId('bound'), postAuthnAppId: id });
    assert.deepEqual(await customApps.boundTo(tenantId, workspaceId, id), ['bound']);
    assert.deepEqual(await idps.find(tenantId, workspaceId, idpId('bound')), {
      ...idp,
      id: 'bound',
      postAuthnAppId: id,
    });
  });

  it('knows nothing of another tenant', async () => {
    const { customApps } = storesOf(knex);
    const { tenant: other } = await seedTenant(knex);
    assert.equal(await customApps.find(other, one.workspaceId, one.id), undefined);
    await customApps.remove(other, one.workspaceId, one.id);
    assert.deepEqual(await customApps.list(one.tenantId, one.workspaceId), [one]);
  });
});
