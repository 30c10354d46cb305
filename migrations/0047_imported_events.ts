/** Events that an import brought: when, and who imported them. What this deployment saw itself has neither. */
import type { Knex } from 'knex';
import { hasColumn } from './has-column.ts';

const table = 'audit_events';
const columns = ['imported_at', 'imported_by'] as const;

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable(table, (builder) => {
    builder.bigInteger(columns[0]).nullable();
    // JSON, as the metadata of an event.
    builder.text(columns[1], 'longtext').nullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  // Not by knex, which in SQLite copies the table, and its derived columns with it.
  for (const column of columns)
    if (await hasColumn(knex, table, column)) await knex.raw(`ALTER TABLE ${table} DROP COLUMN ${column}`);
}
