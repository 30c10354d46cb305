import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { schemaId } from '../../../server/kernel/ids.ts';
import { createSchemaService } from '../../../server/schemas/schema.service.ts';
import { mostSchemas } from '../../../server/schemas/schema.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { heldClock, seedTenant, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('SchemaService', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });
  const words = { name: 'A', description: '', schema: {}, isSystem: false };
  const service = () => createSchemaService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });

  it('gives ids to those that have none, and makes no more than can be listed', async () => {
    const { tenant } = await seedTenant(knex);
    const made = await service().create(tenant, '', words);
    assert.match(made.id, /^[0-9a-f]{32}$/);
    const row = { tenant_id: tenant, name: 'A', description: '', body: '{}', is_system: false };
    const rows = Array.from({ length: mostSchemas - 3 }, (_, at) => ({ ...row, id: `s${String(at)}` }));
    await knex.batchInsert(
      'json_schemas',
      rows.map((one) => ({ ...one, created_at: 1, updated_at: 1 })),
      50,
    );
    await assert.rejects(service().create(tenant, 'last', words), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
  });

  it('stops a change that its check stops', async () => {
    const { tenant } = await seedTenant(knex);
    const { id } = await service().create(tenant, 'member', words);
    const check = () => {
      throw new Error('stale');
    };
    await assert.rejects(service().update({ tenantId: tenant, id, check }, { ...words, name: 'B' }), /stale/);
    await assert.rejects(service().remove({ tenantId: tenant, id, check }), /stale/);
    await assert.rejects(service().remove({ tenantId: tenant, id: schemaId('unknown') }), (error) =>
      isPlatformError(error, 'not_found'),
    );
  });
});
