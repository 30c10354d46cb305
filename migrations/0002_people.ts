/** Pools, the people in them, what they are called by, and their passwords. Each goes with what it belongs to. */
import type { Knex } from 'knex';

function id(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder {
  return table.string(column, 64).collate('utf8mb4_bin').notNullable();
}

function word(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder {
  return table.string(column, 32).collate('utf8mb4_bin').notNullable();
}

/** What people typed: any script, compared byte by byte. 320 is the longest address there can be (RFC 5321 §4.5.3.1). */
function typed(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder {
  return table.string(column, 320).collate('utf8mb4_bin').notNullable();
}

/** Milliseconds since the epoch. */
function time(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder {
  return table.bigInteger(column).notNullable();
}

function ofUser(table: Knex.CreateTableBuilder): void {
  id(table, 'tenant_id');
  id(table, 'pool_id');
  id(table, 'user_id');
  table
    .foreign(['tenant_id', 'pool_id', 'user_id'])
    .references(['tenant_id', 'pool_id', 'id'])
    .inTable('users')
    .onDelete('CASCADE');
}

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('pools', (table) => {
    id(table, 'tenant_id');
    id(table, 'id');
    table.string('name', 255).notNullable();
    table.boolean('identifier_case_insensitive').notNullable();
    table.text('authentication_mechanisms').notNullable();
    table.text('settings', 'longtext').notNullable();
    time(table, 'created_at');
    time(table, 'updated_at');
    table.primary(['tenant_id', 'id']);
    table.foreign('tenant_id').references('id').inTable('tenants').onDelete('CASCADE');
  });
  await knex.schema.createTable('users', (table) => {
    id(table, 'tenant_id');
    id(table, 'pool_id');
    id(table, 'id');
    word(table, 'status');
    table.text('payload', 'longtext').notNullable();
    time(table, 'created_at');
    time(table, 'updated_at');
    table.primary(['tenant_id', 'pool_id', 'id']);
    table.foreign(['tenant_id', 'pool_id']).references(['tenant_id', 'id']).inTable('pools').onDelete('CASCADE');
  });
  await knex.schema.createTable('identifiers', (table) => {
    ofUser(table);
    typed(table, 'normalized');
    word(table, 'type');
    typed(table, 'value');
    table.primary(['tenant_id', 'pool_id', 'normalized']);
    table.index(['tenant_id', 'pool_id', 'user_id'], 'identifiers_user');
  });
  await knex.schema.createTable('password_credentials', (table) => {
    ofUser(table);
    id(table, 'id');
    table.string('hash', 255).collate('utf8mb4_bin').notNullable();
    table.integer('version').notNullable();
    table.bigInteger('expires_at').nullable();
    table.primary(['tenant_id', 'pool_id', 'user_id']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['password_credentials', 'identifiers', 'users', 'pools']) {
    await knex.schema.dropTableIfExists(table);
  }
}
