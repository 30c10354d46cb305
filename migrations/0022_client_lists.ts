/** Clients by their name and by when they were issued: the name is a member of what they are registered with. */
import type { Knex } from 'knex';
import { isSqlite } from '../server/db/knex.ts';
import { hasIndex } from './has-index.ts';

const table = 'clients';
const indexes = { clients_by_name: 'name', clients_by_issue: 'created_at' } as const;

export async function up(knex: Knex): Promise<void> {
  const member = "json_extract(metadata, '$.client_name')";
  // The database derives it: servers of the version before write clients as well, while a new one is rolled out.
  await knex.raw(
    isSqlite(knex)
      ? `ALTER TABLE ${table} ADD COLUMN name TEXT GENERATED ALWAYS AS (substr(coalesce(${member}, ''), 1, 255)) VIRTUAL`
      : `ALTER TABLE ${table} ADD COLUMN name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin` +
          ` GENERATED ALWAYS AS (left(coalesce(json_unquote(${member}), ''), 255)) VIRTUAL`,
  );
  for (const [index, column] of Object.entries(indexes))
    await knex.raw(`CREATE INDEX ${index} ON ${table} (tenant_id, workspace_id, ${column}, id)`);
}

export async function down(knex: Knex): Promise<void> {
  for (const index of Object.keys(indexes)) {
    if (!(await hasIndex(knex, table, index))) continue;
    await knex.raw(isSqlite(knex) ? `DROP INDEX ${index}` : `DROP INDEX ${index} ON ${table}`);
  }
  if (await hasName(knex)) await knex.raw(`ALTER TABLE ${table} DROP COLUMN name`);
}

/** Of a table, SQLite names derived columns in one of its two lists only. */
async function hasName(knex: Knex): Promise<boolean> {
  if (!isSqlite(knex)) return knex.schema.hasColumn(table, 'name');
  const columns: readonly { readonly name: string }[] = await knex.raw(`PRAGMA table_xinfo(${table})`);
  return columns.some(({ name }) => name === 'name');
}
