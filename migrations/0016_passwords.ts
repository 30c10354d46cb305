/** What a password is in besides good, the ones before it, and since when whoever is signed in has to sign in again. */
import type { Knex } from 'knex';

const ofCredentials = ['state', 'created_at', 'updated_at'];

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('password_credentials', (table) => {
    table.string('state', 32).collate('utf8mb4_bin').notNullable().defaultTo('valid');
    // Left out for those that are older than these columns.
    table.bigInteger('created_at').nullable();
    table.bigInteger('updated_at').nullable();
  });
  await knex.schema.alterTable('users', (table) => {
    table.bigInteger('sessions_ended_at').nullable();
  });
  // What they were signed in to does not come back when they are made active again.
  await knex.raw(
    `UPDATE users SET sessions_ended_at = COALESCE(status_updated_at, updated_at)
     WHERE status IN ('inactive', 'deleted')`,
  );
  await knex.schema.createTable('password_history', (table) => {
    const id = (column: string) => table.string(column, 64).collate('utf8mb4_bin').notNullable();
    id('tenant_id');
    id('pool_id');
    id('user_id');
    table.integer('version').notNullable();
    table.string('hash', 255).collate('utf8mb4_bin').notNullable();
    table.primary(['tenant_id', 'pool_id', 'user_id', 'version']);
    table
      .foreign(['tenant_id', 'pool_id', 'user_id'])
      .references(['tenant_id', 'pool_id', 'id'])
      .inTable('users')
      .onDelete('CASCADE');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('password_history');
  for (const [name, columns] of [
    ['users', ['sessions_ended_at']],
    ['password_credentials', ofCredentials],
  ] as const)
    for (const column of columns) {
      if (!(await knex.schema.hasColumn(name, column))) continue;
      await knex.schema.alterTable(name, (table) => {
        table.dropColumn(column);
      });
    }
}
