/** Deliveries that somebody wants tried now, while they wait for their next try. */
import type { Knex } from 'knex';

const table = 'webhooks_deliveries';
const columns = ['hurried_at', 'is_hurried'] as const;

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable(table, (builder) => {
    // When somebody last wanted it; and whether its workflow is to be told yet.
    builder.bigInteger(columns[0]).nullable();
    builder.boolean(columns[1]).notNullable().defaultTo(false);
  });
}

export async function down(knex: Knex): Promise<void> {
  // Not by knex, which in SQLite copies the table.
  for (const column of columns)
    if (await knex.schema.hasColumn(table, column)) await knex.raw('ALTER TABLE ?? DROP COLUMN ??', [table, column]);
}
