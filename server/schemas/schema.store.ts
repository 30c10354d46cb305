/** JSON Schemas in rows. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toBoolean, toJson, toTime } from '../db/columns.ts';
import type { BooleanColumn, TimeColumn } from '../db/columns.ts';
import { PlatformError } from '../kernel/errors.ts';
import { schemaId, tenantId, type SchemaId, type TenantId } from '../kernel/ids.ts';
import { defaultSchemas } from './default-schemas.ts';
import { mostSchemas, type Schema, type SchemaStore } from './schema.ts';

interface SchemaRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly body: string;
  readonly is_system: BooleanColumn;
  readonly created_at: TimeColumn;
  readonly updated_at: TimeColumn;
}

function toSchema(row: SchemaRow): Schema {
  return {
    tenantId: tenantId(row.tenant_id),
    id: schemaId(row.id),
    name: row.name,
    description: row.description,
    schema: fromJson(row.body),
    isSystem: toBoolean(row.is_system),
    createdAt: toTime(row.created_at),
    updatedAt: toTime(row.updated_at),
  };
}

const words = ({ name, description, schema, isSystem, updatedAt }: Schema) => ({
  name,
  description,
  body: toJson(schema),
  is_system: isSystem,
  updated_at: updatedAt,
});

export function createSchemaStore(executor: Knex): SchemaStore {
  const rows = () => executor<SchemaRow>('json_schemas');
  const one = (tenant: TenantId, id: SchemaId) => rows().where({ tenant_id: tenant, id });
  const given = (tenant: TenantId, id: SchemaId) => defaultSchemas(tenant).find((schema) => schema.id === id);
  // MySQL ignores trailing blanks when it compares; an id is this text and no other.
  const named = (id: SchemaId, row: SchemaRow | undefined) => (row?.id === id ? toSchema(row) : undefined);

  return {
    find: async (tenant, id) => given(tenant, id) ?? named(id, await one(tenant, id).first()),
    findHeld: async (tenant, id) => given(tenant, id) ?? named(id, await one(tenant, id).forUpdate().first()),

    async list(tenant) {
      const found = await rows().where({ tenant_id: tenant }).orderBy('id').limit(mostSchemas);
      return [...defaultSchemas(tenant), ...found.map(toSchema)];
    },

    async insert(schema) {
      const { tenantId: tenant, id, createdAt } = schema;
      await insertUnlessTaken(
        rows().insert({ tenant_id: tenant, id, created_at: createdAt, ...words(schema) }),
        'A schema with this id',
      );
    },

    async update(schema) {
      const found = await rows().where({ tenant_id: schema.tenantId, id: schema.id }).update(words(schema));
      if (found === 0) throw new PlatformError('not_found', 'There is no such schema.');
    },

    async remove(tenant, id) {
      await rows().where({ tenant_id: tenant, id }).delete();
    },
  };
}
