/** Which answer a passkey was used with last: the same one again is no copy of its authenticator. */
import type { Knex } from 'knex';

const [table, column] = ['passkeys', 'last_answer'] as const;

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable(table, (builder) => {
    // A hash of it; left out for those that were not used since.
    builder.string(column, 43).collate('utf8mb4_bin').nullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable(table)) || !(await knex.schema.hasColumn(table, column))) return;
  await knex.schema.alterTable(table, (builder) => {
    builder.dropColumn(column);
  });
}
