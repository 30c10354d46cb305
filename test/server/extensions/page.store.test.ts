/** Where people can be sent from a workspace: to all pages that are there, and to none that is switched off or elsewhere. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { clientId, customAppId, idpId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('IntegratorPageStore', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  it('lists applications, login pages and the consent page of one workspace', async () => {
    const { tenant, workspace } = await seedTenant(knex);
    const { customApps, idps, serverConsents, pages } = storesOf(knex);
    const place = { tenantId: tenant, workspaceId: workspace };
    assert.deepEqual(await pages.list(tenant, workspace), []);
    await customApps.insert({
      ...place,
      id: customAppId('kyc'),
      name: 'KYC',
      url: 'https://kyc.example',
      clientId: clientId('k'),
    });
    const idp = {
      ...place,
      name: 'Portal',
      enabled: true,
      loginUrl: 'https://portal.example',
      clientId: clientId('p'),
    };
    await idps.insert({ ...idp, id: idpId('portal'), method: 'custom' });
    await idps.insert({ ...idp, id: idpId('off'), method: 'custom', enabled: false });
    await idps.insert({ ...place, id: idpId('fixed'), name: 'Fixed', enabled: true, method: 'static', users: [] });
    await serverConsents.insert({ ...place, url: 'https://consent.example:8443/ask', clientId: clientId('c') });

    const found = await pages.list(tenant, workspace);
    assert.deepEqual(
      [...found].sort((a, b) => a.kind.localeCompare(b.kind)),
      [
        { kind: 'custom-app', id: 'kyc', name: 'KYC', url: 'https://kyc.example', clientId: 'k' },
        {
          kind: 'custom-consent',
          id: 'server-consent',
          name: 'consent.example:8443',
          url: 'https://consent.example:8443/ask',
          clientId: 'c',
        },
        { kind: 'custom-login', id: 'portal', name: 'Portal', url: 'https://portal.example', clientId: 'p' },
      ],
    );
    assert.deepEqual(
      [...(await pages.clients(tenant, workspace))].sort(),
      ['c', 'k', 'p', 'p'],
      'of idps that are off, too',
    );
    const other = await seedTenant(knex);
    assert.deepEqual(await pages.clients(other.tenant, workspace), []);
    assert.deepEqual(await pages.list(other.tenant, other.workspace), []);
    assert.deepEqual(await pages.list(other.tenant, workspace), []);
  });
});
