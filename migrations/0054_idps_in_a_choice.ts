/** Where idps come among those that people choose from, where an administrator says so. */
import type { Knex } from 'knex';
import { hasColumn } from './has-column.ts';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('idps', (table) => {
    table.bigInteger('display_order').nullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('idps')) || !(await hasColumn(knex, 'idps', 'display_order'))) return;
  await knex.schema.alterTable('idps', (table) => {
    table.dropColumn('display_order');
  });
}
