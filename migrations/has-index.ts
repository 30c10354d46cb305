/** Whether an index is there: MySQL knows no `DROP INDEX IF EXISTS`, and a `down` must take back half an `up`. */
import type { Knex } from 'knex';
import { isSqlite } from '../server/db/knex.ts';

export async function hasIndex(knex: Knex, table: string, index: string): Promise<boolean> {
  const rows: readonly unknown[] = isSqlite(knex)
    ? await knex('sqlite_master').where({ type: 'index', tbl_name: table, name: index }).select('name')
    : await knex('information_schema.statistics')
        .where({ table_schema: knex.raw('DATABASE()'), table_name: table, index_name: index })
        .select('index_name');
  return rows.length > 0;
}
