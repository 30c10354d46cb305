import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { poolId, userId } from '../../../server/kernel/ids.ts';
import { createPoolService } from '../../../server/pools/pool.service.ts';
import { poolSettingsSchema } from '../../../server/pools/pool.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { poolOf, userOf } from '../../support/seeded.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('PoolService', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });
  const words = {
    name: 'Staff',
    workspaceId: undefined,
    identifierCaseInsensitive: true,
    authenticationMechanisms: ['password'],
    settings: poolSettingsSchema.parse({}),
  } as const;
  const service = () => createPoolService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });

  it('deletes no system pool', async () => {
    const { tenant } = await seedTenant(knex);
    const pool = poolOf(tenant, { isSystem: true });
    await storesOf(knex).pools.insert(pool);
    await assert.rejects(service().remove({ tenantId: tenant, id: pool.id }, true), (error) =>
      isPlatformError(error, 'forbidden'),
    );
    await service().update({ tenantId: tenant, id: pool.id }, words);
    assert.equal((await storesOf(knex).pools.find(tenant, pool.id))?.isSystem, true);
  });

  it('names no workspace that is not there', async () => {
    const { tenant, workspace } = await seedTenant(knex);
    const naming = (...ids: readonly string[]) => ({
      ...words,
      settings: poolSettingsSchema.parse({ script_metadata_workspaces: ids }),
    });
    const { id } = await service().create(tenant, '', naming(workspace), false);
    const refusedAt = (pointers: readonly string[]) => (error: unknown) => {
      assert.ok(isPlatformError(error, 'unprocessable_entity'), String(error));
      assert.deepEqual(
        error.details,
        pointers.map((pointer) => ({ pointer, message: 'There is no such workspace.' })),
      );
      return true;
    };
    const { workspace: elsewhere } = await seedTenant(knex);
    const stray = { ...naming('gone', workspace, elsewhere), workspaceId: elsewhere };
    const pointers = ['/workspace_id', '/script_metadata_workspaces/0', '/script_metadata_workspaces/2'];
    await assert.rejects(service().create(tenant, 'other', stray, false), refusedAt(pointers));
    await assert.rejects(service().update({ tenantId: tenant, id }, stray), refusedAt(pointers));
    const stored = await storesOf(knex).pools.find(tenant, id);
    assert.deepEqual(stored?.settings.script_metadata_workspaces, [workspace]);
    assert.equal(await storesOf(knex).pools.find(tenant, poolId('other')), undefined);
  });

  it('removes the people of a pool in batches, and is gone for everybody although it is killed among them', async () => {
    const { tenant } = await seedTenant(knex);
    const { pools, users } = storesOf(knex);
    const pool = await service().create(tenant, '', words, false);
    const place = { tenant_id: tenant, pool_id: pool.id };
    const times = { created_at: 1, updated_at: 1 };
    for (const from of [0, 250])
      await knex('users').insert(
        Array.from({ length: 250 }, (_, n) => ({
          ...place,
          id: `p${String(from + n)}`,
          status: 'active',
          payload: '{}',
          ...times,
        })),
      );
    const sizes: number[] = [];
    let runs = 0;
    const unitOfWork = unitOfWorkOn(knex);
    const killed = createPoolService({
      unitOfWork: {
        async run(work) {
          runs += 1;
          if (runs === 3) throw new Error('killed');
          const done = await unitOfWork.run(work);
          if (typeof done === 'number') sizes.push(done);
          return done;
        },
      },
      clock: heldClock(),
    });
    await assert.rejects(killed.remove({ tenantId: tenant, id: pool.id }, true), /killed/);
    const left = async () => (await knex('users').where(place).select('id')).length;
    assert.ok(sizes[0] !== undefined && sizes[0] < 500, 'a few at a time');
    assert.equal(await left(), 500 - sizes[0]);
    assert.equal(await pools.find(tenant, pool.id), undefined);
    await assert.rejects(service().remove({ tenantId: tenant, id: pool.id }, true), (error) =>
      isPlatformError(error, 'not_found'),
    );
    // As housekeeping does.
    while ((await pools.removeSome(100)) === 100);
    assert.equal(await left(), 0);
    assert.equal(await users.find(tenant, pool.id, userId('p0')), undefined);
    assert.equal((await knex('pools').where({ tenant_id: tenant, id: pool.id }).select('id')).length, 0);
  });

  it('makes an idp only where it has a place', async () => {
    const { tenant, workspace } = await seedTenant(knex);
    await assert.rejects(service().create(tenant, 'staff', words, true), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
    assert.equal(await storesOf(knex).pools.find(tenant, poolId('staff')), undefined);
    await service().create(tenant, 'staff', { ...words, workspaceId: workspace }, true);
    const [idp] = await storesOf(knex).idps.list(tenant, workspace);
    assert.equal(idp?.method === 'identity_pool' && idp.poolId, 'staff');
  });

  it('switches no case in a pool of many', async () => {
    const { tenant } = await seedTenant(knex);
    const pool = await service().create(tenant, '', words, false);
    await storesOf(knex).users.insert(userOf(tenant, pool.id, { id: userId('ada') }));
    await knex('pool_user_counts').where({ tenant_id: tenant }).update({ users: 10_001 });
    await assert.rejects(
      service().update({ tenantId: tenant, id: pool.id }, { ...words, identifierCaseInsensitive: false }),
      (error) => isPlatformError(error, 'unprocessable_entity'),
    );
    await service().update({ tenantId: tenant, id: pool.id }, { ...words, name: 'Many' });
  });
});
