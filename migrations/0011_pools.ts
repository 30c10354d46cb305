/** Pools with their place and their size, and the JSON Schemas that what is known of people is held to. */
import type { Knex } from 'knex';
import { hasIndex } from './has-index.ts';

const id = (table: Knex.CreateTableBuilder, column: string) => table.string(column, 64).collate('utf8mb4_bin');

const indexes = [
  { name: 'pools_by_name', columns: ['tenant_id', 'name', 'id'] },
  { name: 'pools_of_workspace', columns: ['tenant_id', 'workspace_id', 'id'] },
];
const columns = ['workspace_id', 'is_system'];

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('pools', (table) => {
    id(table, 'workspace_id').nullable();
    table.boolean('is_system').notNullable().defaultTo(false);
  });
  await knex.schema.alterTable('pools', (table) => {
    for (const index of indexes) table.index(index.columns, index.name);
  });
  // Counting a million people takes longer than anything else that is asked of a pool.
  await knex.schema.createTable('pool_user_counts', (table) => {
    id(table, 'tenant_id').notNullable();
    id(table, 'pool_id').notNullable();
    table.integer('shard').notNullable();
    table.bigInteger('users').notNullable();
    table.primary(['tenant_id', 'pool_id', 'shard']);
    table.foreign(['tenant_id', 'pool_id']).references(['tenant_id', 'id']).inTable('pools').onDelete('CASCADE');
  });
  await knex.raw(
    `INSERT INTO pool_user_counts (tenant_id, pool_id, shard, users)
     SELECT tenant_id, pool_id, 0, count(*) FROM users GROUP BY tenant_id, pool_id`,
  );
  await knex.schema.createTable('json_schemas', (table) => {
    id(table, 'tenant_id').notNullable();
    id(table, 'id').notNullable();
    table.string('name', 255).notNullable();
    table.text('description').notNullable();
    table.text('body', 'longtext').notNullable();
    table.boolean('is_system').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.primary(['tenant_id', 'id']);
    table.foreign('tenant_id').references('id').inTable('tenants').onDelete('CASCADE');
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['json_schemas', 'pool_user_counts']) await knex.schema.dropTableIfExists(table);
  for (const { name } of indexes) {
    if (!(await hasIndex(knex, 'pools', name))) continue;
    await knex.schema.alterTable('pools', (table) => {
      table.dropIndex([], name);
    });
  }
  for (const column of columns) {
    if (!(await knex.schema.hasColumn('pools', column))) continue;
    await knex.schema.alterTable('pools', (table) => {
      table.dropColumn(column);
    });
  }
}
