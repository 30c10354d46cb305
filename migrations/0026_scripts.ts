/** Scripts of integrators, and what they need: secrets of a workspace, sealed. */
import type { Knex } from 'knex';

function word(table: Knex.CreateTableBuilder, column: string, length = 64): Knex.ColumnBuilder {
  return table.string(column, length).collate('utf8mb4_bin');
}

/** The wall: a row belongs to one workspace of one tenant, and goes with it. */
function ofWorkspace(table: Knex.CreateTableBuilder): void {
  word(table, 'tenant_id').notNullable();
  word(table, 'workspace_id').notNullable();
  table
    .foreign(['tenant_id', 'workspace_id'])
    .references(['tenant_id', 'id'])
    .inTable('workspaces')
    .onDelete('CASCADE');
}

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('secrets', (table) => {
    ofWorkspace(table);
    word(table, 'id').notNullable();
    table.text('sealed_value', 'mediumtext').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.primary(['tenant_id', 'workspace_id', 'id']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['secrets']) await knex.schema.dropTableIfExists(table);
}
