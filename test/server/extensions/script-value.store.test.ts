/** What scripts keep from one login to the next: apart by script, counted right beside each other, and until its time. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { mostValues, type ScriptValuePlace } from '../../../server/extensions/script-run.ts';
import { createScriptValueStore } from '../../../server/extensions/script-value.store.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { scriptId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { seedTenant, testSealer } from '../../support/stores.ts';

onEachDatabase('ScriptValueStore', (open) => {
  let knex: Knex;
  let store: ReturnType<typeof createScriptValueStore>;
  let place: ScriptValuePlace;
  beforeEach(async () => {
    knex = await open();
    await knex('script_values').delete();
    store = createScriptValueStore(knex, { sealer: testSealer });
    const { tenant, workspace } = await seedTenant(knex);
    place = { tenantId: tenant, workspaceId: workspace, scriptId: scriptId('risk'), key: 'ada@example.com' };
  });

  it('is had by the script that kept it, and by no other one', async () => {
    await store.set(place, '"seen"', noon + 1000, noon);
    assert.equal(await store.get(place, noon), '"seen"');
    assert.equal(await store.get({ ...place, scriptId: scriptId('other') }, noon), undefined);
    const { tenant, workspace } = await seedTenant(knex);
    assert.equal(await store.get({ ...place, tenantId: tenant, workspaceId: workspace }, noon), undefined);
    const rows: readonly unknown[] = await knex('script_values').select();
    assert.doesNotMatch(JSON.stringify(rows), /\bada\b|\bseen\b/, 'neither key nor value is there to be read');
  });

  it('is there until its time, and removed afterwards', async () => {
    await store.set(place, '1', noon + 1000, noon);
    assert.equal(await store.get(place, noon + 1000), undefined);
    assert.equal(await store.increase(place, 2, noon + 2000, noon + 1000), 2, 'what is over counts for nothing');
    assert.equal(await store.removeExpired(noon + 2001, 10), 1);
  });

  it('counts every one of those who count at once', async () => {
    await Promise.all(Array.from({ length: 8 }, () => store.increase(place, 1, noon + 1000, noon)));
    assert.equal(await store.increase(place, 0, noon + 1000, noon), 8);
  });

  it('keeps a bounded number of them', async () => {
    await store.set(place, '1', noon + 1000, noon);
    const [row] = await knex<Record<string, unknown>>('script_values').select();
    const copies = Array.from({ length: mostValues - 1 }, (_, index) => ({ ...row, key_hash: String(index) }));
    await knex.batchInsert('script_values', copies, 100);
    await assert.rejects(store.set({ ...place, key: 'one more' }, '1', noon + 1000, noon), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
    await store.set(place, '2', noon + 1000, noon);
    assert.equal(await store.get(place, noon), '2', 'what is there can be written again');
  });
});
