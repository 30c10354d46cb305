import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { Idp } from '../../../server/idps/idp.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { clientId, idpId, poolId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('IdpStore', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  async function seeded(): Promise<readonly [Idp, Idp]> {
    const { tenant, workspace } = await seedTenant(knex);
    const base = { tenantId: tenant, workspaceId: workspace, enabled: true };
    const pool: Idp = { ...base, id: idpId('z-first'), name: 'People', method: 'identity_pool', poolId: poolId('p') };
    const sandbox: Idp = {
      ...base,
      id: idpId('a-second'),
      name: 'Sandbox',
      enabled: false,
      method: 'static',
      users: [{ username: 'bob', passwordHash: '$argon2id$v=19$x', attributes: { name: 'Bob' } }],
    };
    for (const idp of [pool, sandbox]) await storesOf(knex).idps.insert(idp);
    return [pool, sandbox];
  }

  it('lists every kind in the order they were added', async () => {
    const [pool, sandbox] = await seeded();
    const { idps } = storesOf(knex);
    const portal: Idp = {
      tenantId: pool.tenantId,
      workspaceId: pool.workspaceId,
      id: idpId('m-third'),
      name: 'Portal',
      enabled: true,
      method: 'custom',
      loginUrl: 'https://portal.example/start?lang=de',
      clientId: clientId('p'),
    };
    await idps.insert(portal);
    assert.deepEqual(await idps.list(pool.tenantId, pool.workspaceId), [pool, sandbox, portal]);
    assert.deepEqual(await idps.find(pool.tenantId, pool.workspaceId, sandbox.id), sandbox);
    await assert.rejects(idps.insert(pool), (error) => isPlatformError(error, 'conflict'));
  });

  it('updates in place and removes', async () => {
    const [pool, sandbox] = await seeded();
    const { idps } = storesOf(knex);
    const changed: Idp = { ...pool, name: 'Everybody', enabled: false };
    await idps.update(changed);
    assert.deepEqual(await idps.list(pool.tenantId, pool.workspaceId), [changed, sandbox]);
    await idps.remove(pool.tenantId, pool.workspaceId, pool.id);
    await assert.rejects(idps.update(changed), (error) => isPlatformError(error, 'not_found'));
  });

  it('keeps how one is offered, to the furthest place that there is, and lists them as they were added', async () => {
    const [pool, sandbox] = await seeded();
    const { idps } = storesOf(knex);
    for (const displayOrder of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1, -1]) {
      const ordered: readonly Idp[] = [
        { ...pool, displayOrder, logoUri: 'https://logos.example/people.svg' },
        { ...sandbox, displayOrder: -displayOrder },
      ];
      for (const idp of ordered) await idps.update(idp);
      assert.deepEqual(await idps.list(pool.tenantId, pool.workspaceId), ordered);
    }
    await idps.update(pool);
    assert.deepEqual(await idps.find(pool.tenantId, pool.workspaceId, pool.id), pool);
  });

  it('knows nothing of another tenant', async () => {
    const [pool] = await seeded();
    const { idps } = storesOf(knex);
    const { tenant: other } = await seedTenant(knex);
    assert.equal(await idps.find(other, pool.workspaceId, pool.id), undefined);
    assert.deepEqual(await idps.list(other, pool.workspaceId), []);
    await assert.rejects(idps.update({ ...pool, tenantId: other }), (error) => isPlatformError(error, 'not_found'));
    await idps.remove(other, pool.workspaceId, pool.id);
    assert.deepEqual(await idps.find(pool.tenantId, pool.workspaceId, pool.id), pool);
  });
});
