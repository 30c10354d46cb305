/** Where idps come among those that people choose from, and by which picture they are known there. */
import type { Knex } from 'knex';
import { hasColumn } from './has-column.ts';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('idps', (table) => {
    table.bigInteger('display_order').nullable();
    table.text('logo_uri').nullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('idps'))) return;
  for (const column of ['display_order', 'logo_uri']) {
    if (!(await hasColumn(knex, 'idps', column))) continue;
    await knex.schema.alterTable('idps', (table) => {
      table.dropColumn(column);
    });
  }
}
