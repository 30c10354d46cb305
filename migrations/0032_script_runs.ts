/** What scripts leave behind: each run in a login with its tape, answers too long for a tape, and the values they keep. */
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

const tables = ['script_values', 'script_run_answers', 'script_runs'];

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('script_runs', (table) => {
    ofWorkspace(table);
    word(table, 'id').notNullable();
    for (const column of ['interaction_id', 'client_id', 'script_id', 'version']) word(table, column).notNullable();
    word(table, 'point', 32).notNullable();
    word(table, 'subject', 255).notNullable();
    // Left out while it goes on.
    word(table, 'outcome', 16).nullable();
    table.integer('slices').notNullable();
    table.text('sealed_record', 'mediumtext').notNullable();
    table.bigInteger('started_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.primary(['tenant_id', 'id']);
    table.unique(['tenant_id', 'workspace_id', 'interaction_id', 'script_id', 'subject'], {
      indexName: 'script_runs_once',
    });
    table.index(['expires_at'], 'script_runs_by_age');
  });
  await knex.schema.createTable('script_run_answers', (table) => {
    ofWorkspace(table);
    word(table, 'run_id').notNullable();
    word(table, 'sha256').notNullable();
    table.text('sealed_answer', 'mediumtext').notNullable();
    table.primary(['tenant_id', 'run_id', 'sha256']);
    table.foreign(['tenant_id', 'run_id']).references(['tenant_id', 'id']).inTable('script_runs').onDelete('CASCADE');
  });
  await knex.schema.createTable('script_values', (table) => {
    ofWorkspace(table);
    word(table, 'script_id').notNullable();
    word(table, 'key_hash').notNullable();
    table.text('sealed_value', 'mediumtext').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.primary(['tenant_id', 'workspace_id', 'script_id', 'key_hash']);
    table.index(['expires_at'], 'script_values_by_age');
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of tables) await knex.schema.dropTableIfExists(table);
}
