/** Idps that the login page does not offer: whoever is sent there by their id signs in by them. */
import type { Knex } from 'knex';
import { hasColumn } from './has-column.ts';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('idps', (table) => {
    table.boolean('hidden').notNullable().defaultTo(false);
  });
}

export async function down(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('idps')) || !(await hasColumn(knex, 'idps', 'hidden'))) return;
  await knex.schema.alterTable('idps', (table) => {
    table.dropColumn('hidden');
  });
}
