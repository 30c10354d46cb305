/** Events by their age alone, whosever they are: how those that are older than the retention are found. */
import type { Knex } from 'knex';
import { isSqlite } from '../server/db/knex.ts';

const table = 'audit_events';
const index = 'audit_events_age';

/** MySQL knows no `DROP INDEX IF EXISTS`. */
async function isThere(knex: Knex): Promise<boolean> {
  const rows: readonly unknown[] = isSqlite(knex)
    ? await knex('sqlite_master').where({ type: 'index', name: index }).select('name')
    : await knex('information_schema.statistics')
        .where({ table_schema: knex.raw('DATABASE()'), table_name: table, index_name: index })
        .select('index_name');
  return rows.length > 0;
}

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable(table, (builder) => {
    builder.index('at', index);
  });
}

export async function down(knex: Knex): Promise<void> {
  if (!(await isThere(knex))) return;
  await knex.schema.alterTable(table, (builder) => {
    builder.dropIndex('at', index);
  });
}
