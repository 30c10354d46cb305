/** Under which address a tenant was registered, so that its people can be told its name. */
import type { Knex } from 'knex';
import { registrationIdentifierOf } from '../server/tenants/tenant.ts';
import { hasIndex } from './has-index.ts';

const column = 'registration_identifier';
const index = 'tenants_by_registration';

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('tenants', (table) => {
    table.string(column, 254).collate('utf8mb4_bin').nullable();
    table.index([column, 'id'], index);
  });
  const rows = await knex<{ readonly id: string; readonly settings: string }>('tenants').select('id', 'settings');
  for (const { id, settings } of rows) {
    const identifier = registrationIdentifierOf(record(JSON.parse(settings)));
    if (identifier !== undefined)
      await knex('tenants')
        .where({ id })
        .update({ [column]: identifier });
  }
}

export async function down(knex: Knex): Promise<void> {
  if (await hasIndex(knex, 'tenants', index)) {
    await knex.schema.alterTable('tenants', (table) => {
      table.dropIndex([], index);
    });
  }
  if (await knex.schema.hasColumn('tenants', column)) {
    await knex.schema.alterTable('tenants', (table) => {
      table.dropColumn(column);
    });
  }
}
