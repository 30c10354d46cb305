/** What a schema looks like, read from the database itself. */
import type { Knex } from 'knex';
import { isSqlite } from '../../server/db/knex.ts';

export interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
}

/** Every column of every table but those the database keeps for itself, sorted. */
export async function columnsOf(knex: Knex): Promise<readonly Column[]> {
  const query = isSqlite(knex)
    ? knex
        .select('m.name as table', 'c.name as column', 'c.type as type')
        .from(knex.raw('sqlite_master m, pragma_table_info(m.name) c'))
        .whereRaw(`m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`)
    : knex
        .select('table_name as table', 'column_name as column')
        .select(knex.raw(`CONCAT(column_type, ' ', COALESCE(collation_name, '')) AS type`))
        .from('information_schema.columns')
        .whereRaw('table_schema = DATABASE()');
  const rows: readonly Column[] = await query.orderBy(['table', 'column']);
  return rows.map((row) => ({ ...row }));
}

export async function tablesOf(knex: Knex): Promise<readonly string[]> {
  return [...new Set((await columnsOf(knex)).map((column) => column.table))];
}
