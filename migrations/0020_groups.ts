/** Groups of people in a pool, one below another, and who is in them. */
import type { Knex } from 'knex';

function word(table: Knex.CreateTableBuilder, column: string, length = 64): Knex.ColumnBuilder {
  return table.string(column, length).collate('utf8mb4_bin').notNullable();
}

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('user_groups', (table) => {
    word(table, 'tenant_id');
    word(table, 'pool_id');
    word(table, 'id');
    word(table, 'name', 255);
    table.text('description').notNullable();
    // Empty at the top: names are unique there as well.
    word(table, 'parent_id');
    // Ids from the top down to its own: what is below a group is one range of them.
    word(table, 'path', 520);
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.primary(['tenant_id', 'pool_id', 'id']);
    table.unique(['tenant_id', 'pool_id', 'parent_id', 'name'], { indexName: 'groups_by_parent' });
    table.index(['tenant_id', 'pool_id', 'name', 'id'], 'groups_by_name');
    table.index(['tenant_id', 'pool_id', 'path'], 'groups_by_path');
    table.foreign(['tenant_id', 'pool_id']).references(['tenant_id', 'id']).inTable('pools').onDelete('CASCADE');
  });
  await knex.schema.createTable('user_group_members', (table) => {
    word(table, 'tenant_id');
    word(table, 'pool_id');
    word(table, 'group_id');
    word(table, 'user_id');
    table.bigInteger('created_at').notNullable();
    table.primary(['tenant_id', 'pool_id', 'group_id', 'user_id']);
    table.index(['tenant_id', 'pool_id', 'user_id', 'group_id'], 'groups_of_user');
    for (const [column, of] of [
      ['group_id', 'user_groups'],
      ['user_id', 'users'],
    ] as const)
      table
        .foreign(['tenant_id', 'pool_id', column])
        .references(['tenant_id', 'pool_id', 'id'])
        .inTable(of)
        .onDelete('CASCADE');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('user_group_members');
  await knex.schema.dropTableIfExists('user_groups');
}
