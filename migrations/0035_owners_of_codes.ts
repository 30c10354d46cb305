/** Whose codes and messages there are, by an index: they go with their person, and who may be removed is asked of them. */
import type { Knex } from 'knex';
import { isSqlite } from '../server/db/knex.ts';
import { hasIndex } from './has-index.ts';

const columns = ['tenant_id', 'pool_id', 'owner_id'];
const indexes = { codes: 'codes_by_owner', messages: 'messages_by_owner' } as const;

/** MySQL makes one for each foreign key by itself. */
export async function up(knex: Knex): Promise<void> {
  if (!isSqlite(knex)) return;
  for (const [table, index] of Object.entries(indexes))
    await knex.schema.alterTable(table, (builder) => {
      builder.index(columns, index);
    });
}

export async function down(knex: Knex): Promise<void> {
  for (const [table, index] of Object.entries(indexes)) {
    if (!isSqlite(knex) || !(await hasIndex(knex, table, index))) continue;
    await knex.schema.alterTable(table, (builder) => {
      builder.dropIndex(columns, index);
    });
  }
}
