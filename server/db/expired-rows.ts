/** Sweeping: rows whose time is over go in bounded batches, so that a sweep never holds a lock for long. */
import type { Knex } from 'knex';

export interface ExpiringTable {
  readonly table: string;
  /** Columns of the primary key. */
  readonly key: readonly string[];
  /** The indexed column that says when a row is over. */
  readonly column: string;
}

/**
 * Removes the oldest rows whose column is below `before`. Keys are read first: neither database deletes with a limit
 * in a way that the other understands. The condition stands in the DELETE again for rows renewed in between.
 * @returns how many were removed, at most `limit`
 */
export async function removeExpiredRows(
  executor: Knex,
  { table, key, column }: ExpiringTable,
  before: number,
  limit: number,
): Promise<number> {
  const rows = await executor<Record<string, string>>(table)
    .select(...key)
    .where(column, '<', before)
    .orderBy(column)
    .limit(limit);
  if (rows.length === 0) return 0;
  const keys = rows.map((row) => key.map((part) => row[part] ?? ''));
  return executor(table)
    .whereIn([...key], keys)
    .where(column, '<', before)
    .delete();
}
