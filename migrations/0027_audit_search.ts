/** Audit events by what they are asked for most: the login, the client, and the person, as they are named in the metadata. */
import type { Knex } from 'knex';
import { isSqlite } from '../server/db/knex.ts';
import { hasColumn } from './has-column.ts';
import { hasIndex } from './has-index.ts';

const table = 'audit_events';
const members = ['session_id', 'client_id', 'subject', 'user_id', 'affected_user_id'] as const;
const columnOf = (member: string): string => `of_${member}`;
const indexOf = (member: string): string => `audit_events_${member}`;

export async function up(knex: Knex): Promise<void> {
  for (const member of members) {
    const value = `json_extract(metadata, '$.${member}')`;
    const column = columnOf(member);
    // The database derives it: of events that are there already, and of those that the version before goes on writing.
    await knex.raw(
      isSqlite(knex)
        ? `ALTER TABLE ${table} ADD COLUMN ${column} TEXT GENERATED ALWAYS AS (substr(${value}, 1, 255)) VIRTUAL`
        : `ALTER TABLE ${table} ADD COLUMN ${column} VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin` +
            ` GENERATED ALWAYS AS (left(json_unquote(${value}), 255)) VIRTUAL`,
    );
    await knex.raw(`CREATE INDEX ${indexOf(member)} ON ${table} (tenant_id, ${column}, at)`);
  }
}

export async function down(knex: Knex): Promise<void> {
  for (const member of members) {
    const index = indexOf(member);
    if (await hasIndex(knex, table, index))
      await knex.raw(isSqlite(knex) ? `DROP INDEX ${index}` : `DROP INDEX ${index} ON ${table}`);
    if (await hasColumn(knex, table, columnOf(member)))
      await knex.raw(`ALTER TABLE ${table} DROP COLUMN ${columnOf(member)}`);
  }
}
