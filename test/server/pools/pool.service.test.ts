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
