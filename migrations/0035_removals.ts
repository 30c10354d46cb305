/** What goes in batches: pools and tenants that are gone while their people still are removed, and what goes with a person. */
import type { Knex } from 'knex';
import { isSqlite } from '../server/db/knex.ts';
import { hasIndex } from './has-index.ts';

const column = 'removed_at';
const removed = ['pools', 'tenants'] as const;
const columns = ['tenant_id', 'pool_id', 'owner_id'];
const indexes = { codes: 'codes_by_owner', messages: 'messages_by_owner' } as const;

export async function up(knex: Knex): Promise<void> {
  for (const table of removed)
    await knex.schema.alterTable(table, (builder) => {
      // Left out for those that are there. No index: nearly all are, and lists would be read by it instead of by their ids.
      builder.bigInteger(column).nullable();
    });
  // MySQL makes one for each foreign key by itself.
  if (!isSqlite(knex)) return;
  for (const [table, index] of Object.entries(indexes))
    await knex.schema.alterTable(table, (builder) => {
      builder.index(columns, index);
    });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of removed) {
    if (!(await knex.schema.hasTable(table))) continue;
    if (await knex.schema.hasColumn(table, column))
      await knex.schema.alterTable(table, (builder) => {
        builder.dropColumn(column);
      });
  }
  for (const [table, index] of Object.entries(indexes)) {
    if (!isSqlite(knex) || !(await hasIndex(knex, table, index))) continue;
    await knex.schema.alterTable(table, (builder) => {
      builder.dropIndex(columns, index);
    });
  }
}
