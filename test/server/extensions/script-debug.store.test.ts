/** Scripts that are being debugged, in rows: apart by workspace, and never answered once they are over. */
import assert from 'node:assert/strict';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { scriptId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { scriptServiceOn, scriptWords } from '../../support/kept-scripts.ts';
import { classicSource } from '../../support/script-compile.ts';
import { noon } from '../../support/seeded.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('ScriptDebugStore', (open) => {
  it('keeps one for a script, and the last one counts', async () => {
    const knex = await open();
    const { tenant, workspace } = await seedTenant(knex);
    const neighbour = await seedTenant(knex);
    const { scriptDebugs } = storesOf(knex);
    await scriptServiceOn(knex).create(tenant, workspace, 'risk', { ...scriptWords, body: classicSource });
    const place = { tenantId: tenant, workspaceId: workspace, id: scriptId('risk') };
    await scriptDebugs.put({ ...place, startedAt: noon, expiresAt: noon + 10 });
    await scriptDebugs.put({ ...place, startedAt: noon, expiresAt: noon + 20 });
    assert.equal((await scriptDebugs.find(place, noon + 19))?.expiresAt, noon + 20);
    assert.equal(await scriptDebugs.find(place, noon + 20), undefined);
    assert.deepEqual(await scriptDebugs.list(neighbour.tenant, neighbour.workspace, noon), []);
    const elsewhere = { ...place, tenantId: neighbour.tenant, startedAt: noon, expiresAt: noon + 20 };
    await assert.rejects(scriptDebugs.put(elsewhere), (error) => isPlatformError(error, 'not_found'));
    await scriptDebugs.remove(place);
    assert.equal(await scriptDebugs.find(place, noon), undefined);
  });
});
