import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { scriptAtIdp } from '../../../server/extensions/execution-point.ts';
import type { Binding } from '../../../server/extensions/execution-point.ts';
import { scriptId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { scriptServiceOn, scriptWords } from '../../support/kept-scripts.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('scriptAtIdp', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  it('is the idp’s own script, or else the workspace’s, and never one of another point', async () => {
    const { tenant, workspace } = await seedTenant(knex);
    const { executionPoints } = storesOf(knex);
    for (const id of ['own', 'all'])
      await scriptServiceOn(knex).create(tenant, workspace, id, { ...scriptWords, body: '' });
    const at = { tenantId: tenant, workspaceId: workspace, idp: 'people' };
    const found = async () => (await scriptAtIdp({ executionPoints }, at))?.scriptId;
    const binding = (type: Binding['type'], target: string, id: string): Binding => ({
      tenantId: tenant,
      workspaceId: workspace,
      type,
      target,
      scriptId: scriptId(id),
    });
    await executionPoints.put(binding('token_minting', workspace, 'own'));
    assert.equal(await found(), undefined);
    await executionPoints.put(binding('post_authn_ctx', workspace, 'all'));
    assert.equal(await found(), 'all');
    await executionPoints.put(binding('post_authn_ctx', 'people', 'own'));
    assert.equal(await found(), 'own');
  });
});
