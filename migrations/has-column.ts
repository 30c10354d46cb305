/** Whether a column is there, derived ones among them: of a table, SQLite names those in one of its two lists only. */
import type { Knex } from 'knex';
import { isSqlite } from '../server/db/knex.ts';

export async function hasColumn(knex: Knex, table: string, column: string): Promise<boolean> {
  if (!isSqlite(knex)) return knex.schema.hasColumn(table, column);
  const columns: readonly { readonly name: string }[] = await knex.raw(`PRAGMA table_xinfo(${table})`);
  return columns.some(({ name }) => name === column);
}
