/** Who registered themselves and was looked after by nobody since, so that who never activates can be removed. */
import type { Knex } from 'knex';
import { hasIndex } from './has-index.ts';

const [table, column, index] = ['users', 'registered_at', 'users_by_registration'] as const;

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable(table, (builder) => {
    // Left out for everybody else, and for those of before: of them nobody can tell who came how.
    builder.bigInteger(column).nullable();
    builder.index([column], index);
  });
}

export async function down(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable(table))) return;
  if (await hasIndex(knex, table, index))
    await knex.schema.alterTable(table, (builder) => {
      builder.dropIndex([column], index);
    });
  if (await knex.schema.hasColumn(table, column))
    await knex.schema.alterTable(table, (builder) => {
      builder.dropColumn(column);
    });
}
