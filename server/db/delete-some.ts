/** Deleting many rows a few at a time, so that no statement holds the database for long. */
import type { Knex } from 'knex';
import { isSqlite } from './knex.ts';

/** @returns how many were deleted, whichever; fewer than `limit` once none is left */
export async function deleteSome(
  executor: Knex,
  table: string,
  where: Readonly<Record<string, string>>,
  limit: number,
): Promise<number> {
  const rows = () => executor<Record<string, string>>(table).where(where);
  // Neither database has the other's way.
  if (!isSqlite(executor)) return rows().limit(limit).delete();
  return executor(table).whereIn('rowid', rows().select('rowid').limit(limit)).delete();
}
