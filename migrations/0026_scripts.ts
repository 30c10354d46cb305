/** Scripts of integrators: their versions, where they run, and the secrets of a workspace that they know, sealed. */
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

/** A script that something belongs to is not removed before it. */
function ofScript(table: Knex.CreateTableBuilder): void {
  for (const column of ['tenant_id', 'workspace_id', 'script_id']) word(table, column).notNullable();
  table
    .foreign(['tenant_id', 'workspace_id', 'script_id'])
    .references(['tenant_id', 'workspace_id', 'id'])
    .inTable('scripts');
}

const tables = ['script_execution_points', 'script_versions', 'scripts', 'secrets'];

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('secrets', (table) => {
    ofWorkspace(table);
    word(table, 'id').notNullable();
    table.text('sealed_value', 'mediumtext').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.primary(['tenant_id', 'workspace_id', 'id']);
  });
  await knex.schema.createTable('scripts', (table) => {
    ofWorkspace(table);
    word(table, 'id').notNullable();
    word(table, 'name', 255).notNullable();
    word(table, 'env_version').notNullable();
    table.text('test_input', 'mediumtext').notNullable();
    for (const pointer of ['draft_version', 'live_version', 'canary_version']) word(table, pointer).nullable();
    table.integer('canary_share').nullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.primary(['tenant_id', 'workspace_id', 'id']);
  });
  await knex.schema.createTable('script_versions', (table) => {
    ofScript(table);
    word(table, 'version').notNullable();
    word(table, 'shape', 16).notNullable();
    word(table, 'point', 32).notNullable();
    table.text('source', 'mediumtext').notNullable();
    table.text('code', 'mediumtext').notNullable();
    table.text('manifest', 'mediumtext').notNullable();
    table.bigInteger('created_at').notNullable();
    table.primary(['tenant_id', 'workspace_id', 'script_id', 'version']);
  });
  await knex.schema.createTable('script_execution_points', (table) => {
    ofScript(table);
    word(table, 'type', 32).notNullable();
    word(table, 'target_fk').notNullable();
    table.primary(['tenant_id', 'workspace_id', 'type', 'target_fk']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of tables) await knex.schema.dropTableIfExists(table);
}
