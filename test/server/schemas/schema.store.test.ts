import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { schemaId, tenantId, type TenantId } from '../../../server/kernel/ids.ts';
import type { Schema } from '../../../server/schemas/schema.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('SchemaStore', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });
  const schemaOf = (tenant: TenantId, members: Partial<Schema> = {}): Schema => ({
    tenantId: tenant,
    id: schemaId('member'),
    name: 'Member',
    description: 'Of the club.',
    schema: { type: 'object', properties: { ü: { enum: [1, null, 'x'] } } },
    isSystem: false,
    createdAt: noon,
    updatedAt: noon,
    ...members,
  });

  it('gives back what was written, to its tenant alone', async () => {
    const { schemas } = storesOf(knex);
    const { tenant } = await seedTenant(knex);
    const other = (await seedTenant(knex)).tenant;
    await schemas.insert(schemaOf(tenant));
    await schemas.insert(schemaOf(other, { name: 'Theirs' }));
    assert.deepEqual(await schemas.find(tenant, schemaId('member')), schemaOf(tenant));
    await schemas.update(schemaOf(tenant, { name: 'Members', isSystem: true, updatedAt: noon + 1 }));
    assert.equal((await schemas.find(tenant, schemaId('member')))?.isSystem, true);
    assert.equal((await schemas.find(other, schemaId('member')))?.name, 'Theirs');
    for (const near of ['Member', 'member ', 'mëmber'])
      assert.equal(await schemas.find(tenant, schemaId(near)), undefined, near);
    await schemas.remove(tenant, schemaId('member'));
    assert.equal((await schemas.list(tenant)).length, 2);
    assert.equal((await schemas.list(other)).length, 3);
  });

  it('refuses an id that is taken, a tenant that is not there, and what is not there to change', async () => {
    const { schemas } = storesOf(knex);
    const { tenant } = await seedTenant(knex);
    await schemas.insert(schemaOf(tenant));
    await assert.rejects(schemas.insert(schemaOf(tenant)), (error) => isPlatformError(error, 'conflict'));
    await assert.rejects(schemas.insert(schemaOf(tenantId('nobody'))), (error) => isPlatformError(error, 'not_found'));
    const unknown = schemaOf(tenant, { id: schemaId('other') });
    await assert.rejects(schemas.update(unknown), (error) => isPlatformError(error, 'not_found'));
  });
});
