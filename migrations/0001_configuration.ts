/** Tenants and what they configure: workspaces, their keys, clients, scopes and idps; and the keys of workflow histories. */
import type { Knex } from 'knex';

/**
 * Ids are ASCII and differ by case, but what they are compared with comes from URLs: MySQL refuses to compare an ASCII
 * column with any other text. SQLite compares bytes anyway and knows no such collation; knex leaves it out there.
 */
function id(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder {
  return table.string(column, 64).collate('utf8mb4_bin').notNullable();
}

function word(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder {
  return table.string(column, 32).collate('utf8mb4_bin').notNullable();
}

/** Milliseconds since the epoch. */
function time(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder {
  return table.bigInteger(column).notNullable();
}

/** The wall: a row belongs to one workspace of one tenant, and goes with it. */
function ofWorkspace(table: Knex.CreateTableBuilder): void {
  id(table, 'tenant_id');
  id(table, 'workspace_id');
  table
    .foreign(['tenant_id', 'workspace_id'])
    .references(['tenant_id', 'id'])
    .inTable('workspaces')
    .onDelete('CASCADE');
}

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('tenants', (table) => {
    id(table, 'id').primary();
    table.string('name', 255).notNullable();
    table.text('settings', 'longtext').notNullable();
    table.text('sealed_key').notNullable();
    time(table, 'created_at');
    time(table, 'updated_at');
  });
  await knex.schema.createTable('workspaces', (table) => {
    id(table, 'tenant_id');
    id(table, 'id');
    table.string('name', 255).notNullable();
    word(table, 'type');
    table.text('settings', 'longtext').notNullable();
    table.integer('revision').notNullable();
    time(table, 'created_at');
    time(table, 'updated_at');
    table.primary(['tenant_id', 'id']);
    table.foreign('tenant_id').references('id').inTable('tenants').onDelete('CASCADE');
  });
  await knex.schema.createTable('signing_keys', (table) => {
    ofWorkspace(table);
    id(table, 'kid');
    word(table, 'alg');
    word(table, 'state');
    table.text('sealed_private_jwk').notNullable();
    time(table, 'created_at');
    table.bigInteger('removable_at').nullable();
    table.primary(['tenant_id', 'workspace_id', 'kid']);
  });
  await knex.schema.createTable('clients', (table) => {
    ofWorkspace(table);
    id(table, 'id');
    word(table, 'status');
    table.boolean('trusted').notNullable();
    table.text('metadata', 'longtext').notNullable();
    table.text('sealed_secret').nullable();
    table.text('sealed_rotated_secrets').nullable();
    time(table, 'created_at');
    time(table, 'updated_at');
    table.primary(['tenant_id', 'workspace_id', 'id']);
  });
  await knex.schema.createTable('scopes', (table) => {
    ofWorkspace(table);
    table.string('name', 128).collate('utf8mb4_bin').notNullable();
    table.string('display_name', 255).notNullable();
    table.text('description').notNullable();
    table.boolean('implicit_grant').notNullable();
    word(table, 'kind');
    table.primary(['tenant_id', 'workspace_id', 'name']);
  });
  await knex.schema.createTable('idps', (table) => {
    ofWorkspace(table);
    id(table, 'id');
    table.integer('position').notNullable();
    table.string('name', 255).notNullable();
    table.boolean('enabled').notNullable();
    word(table, 'method');
    id(table, 'pool_id').nullable();
    table.text('static_users', 'longtext').nullable();
    table.primary(['tenant_id', 'workspace_id', 'id']);
  });
  await knex.schema.createTable('data_keys', (table) => {
    id(table, 'id').primary();
    id(table, 'tenant_id');
    table.string('workflow_id', 255).collate('utf8mb4_bin').notNullable().unique();
    table.text('wrapped_key').notNullable();
    table.foreign('tenant_id').references('id').inTable('tenants').onDelete('CASCADE');
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['data_keys', 'idps', 'scopes', 'clients', 'signing_keys', 'workspaces', 'tenants']) {
    await knex.schema.dropTableIfExists(table);
  }
}
