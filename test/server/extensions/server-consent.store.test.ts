/** Consent pages in rows: one of a workspace, and nobody else's. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { ServerConsent } from '../../../server/extensions/server-consent.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { clientId, workspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('ServerConsentStore', (open) => {
  let knex: Knex;
  let one: ServerConsent;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    const { tenant, workspace } = await seedTenant(knex);
    const url = 'https://consent.example/start?lang=de';
    one = { tenantId: tenant, workspaceId: workspace, url, clientId: clientId('page') };
    await storesOf(knex).serverConsents.insert(one);
  });

  it('finds it, changes it for who knows it, and removes it', async () => {
    const { serverConsents } = storesOf(knex);
    const { tenantId, workspaceId: workspace } = one;
    assert.deepEqual(await serverConsents.find(tenantId, workspace), one);
    const changed = { ...one, url: 'https://other.example', clientId: clientId('other') };
    const isConflict = (error: unknown) => isPlatformError(error, 'conflict');
    await assert.rejects(serverConsents.insert(changed), isConflict);
    await assert.rejects(serverConsents.update(changed, changed.clientId), isConflict);
    await serverConsents.update(changed, one.clientId);
    assert.deepEqual(await serverConsents.find(tenantId, workspace), changed);
    await serverConsents.remove(tenantId, workspace);
    assert.equal(await serverConsents.find(tenantId, workspace), undefined);
  });

  it('knows nothing of another tenant, and of a workspace that is called almost the same', async () => {
    const { serverConsents } = storesOf(knex);
    const { tenant: other } = await seedTenant(knex);
    assert.equal(await serverConsents.find(other, one.workspaceId), undefined);
    assert.equal(await serverConsents.find(one.tenantId, workspaceId(`${one.workspaceId} `)), undefined);
    await serverConsents.remove(other, one.workspaceId);
    assert.deepEqual(await serverConsents.find(one.tenantId, one.workspaceId), one);
  });

  it('keeps none for a workspace that is not there', async () => {
    await assert.rejects(storesOf(knex).serverConsents.insert({ ...one, workspaceId: workspaceId('nowhere') }));
  });
});
