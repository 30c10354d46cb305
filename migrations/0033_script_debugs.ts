/** Which scripts are being debugged, and until when. */
import type { Knex } from 'knex';

function word(table: Knex.CreateTableBuilder, column: string, length = 64): Knex.ColumnBuilder {
  return table.string(column, length).collate('utf8mb4_bin');
}

const key = ['tenant_id', 'workspace_id', 'script_id'] as const;

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('script_debugs', (table) => {
    for (const column of key) word(table, column).notNullable();
    table.bigInteger('started_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.primary([...key]);
    // It goes with its script.
    table
      .foreign([...key])
      .references(['tenant_id', 'workspace_id', 'id'])
      .inTable('scripts')
      .onDelete('CASCADE');
    table.index(['expires_at'], 'script_debugs_by_age');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('script_debugs');
}
