/** What a person said before their first factor was proven, kept with their login. */
import type { Knex } from 'knex';

const column = 'sealed_attempt';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('interactions', (table) => {
    table.text(column).nullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasColumn('interactions', column))) return;
  await knex.schema.alterTable('interactions', (table) => {
    table.dropColumn(column);
  });
}
