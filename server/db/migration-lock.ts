/** One migration at a time: a lock that ends with the process that holds it. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { PlatformError } from '../kernel/errors.ts';
import { isSqlite } from './knex.ts';

const patienceSeconds = 60;

function tooLong(cause?: unknown): PlatformError {
  return new PlatformError(
    'unavailable',
    `Another process has been migrating this database for ${String(patienceSeconds)} seconds: wait until it is done, or stop it.`,
    { cause },
  );
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}

/**
 * The transaction begins IMMEDIATE: it holds the file's write lock, which the operating system frees with the process.
 *
 * References are not enforced in it, and all of them looked at before it ends: SQLite changes a column by making its table
 * anew, and dropping the old one would take along the rows that refer to it (https://sqlite.org/lang_altertable.html §7).
 */
async function withinWriteLock<T>(knex: Knex, work: (knex: Knex) => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceSeconds * 1000;
  for (;;) {
    const progress = { began: false };
    const change = async (trx: Knex): Promise<T> => {
      // knex runs this also when BEGIN has failed; then the first statement fails.
      await trx.select(trx.raw('1'));
      progress.began = true;
      const done = await work(trx);
      await refuseOrphans(trx);
      return done;
    };
    try {
      return await knex.transaction(change, { enforceForeignCheck: false });
    } catch (error) {
      if (progress.began || !isBusy(error)) throw error;
      if (Date.now() > deadline) throw tooLong(error);
      await sleep(100);
    } finally {
      // knex puts it back as well, and does not wait until it has.
      await knex.raw('PRAGMA foreign_keys = ON');
    }
  }
}

async function refuseOrphans(trx: Knex): Promise<void> {
  const orphans = await trx.select<{ table: string }[]>('table').from(trx.raw('pragma_foreign_key_check'));
  const tables = [...new Set(orphans.map(({ table }) => table))].toSorted();
  if (tables.length > 0)
    throw new PlatformError(
      'precondition_failed',
      `Rows would refer to rows that are not there, in ${tables.join(', ')}: nothing was changed.`,
    );
}

/** MySQL frees a named lock when its connection ends. Names are shared by all schemas of a server, and at most 64 long. */
async function withinNamedLock<T>(knex: Knex, work: (knex: Knex) => Promise<T>): Promise<T> {
  return knex.transaction(async (holder) => {
    const schemas = await holder.select<{ name: string }[]>(holder.raw('DATABASE() AS name'));
    const digest = createHash('sha256').update(schemas[0]?.name ?? '');
    const name = `gatehouse:${digest.digest('hex').slice(0, 40)}`;
    const locks = await holder.select<{ held: number | null }[]>(
      holder.raw('GET_LOCK(?, ?) AS held', [name, patienceSeconds]),
    );
    if (locks[0]?.held !== 1) throw tooLong();
    try {
      return await work(knex);
    } finally {
      await holder.select(holder.raw('RELEASE_LOCK(?)', [name]));
    }
  });
}

/**
 * Runs `work` while no other process does, with the executor it has to use.
 * @throws PlatformError `unavailable` when another process has not finished within a minute, `precondition_failed` where
 *   rows would refer to none (SQLite, which takes everything back; MySQL refuses each statement that would do that)
 */
export async function withMigrationLock<T>(knex: Knex, work: (knex: Knex) => Promise<T>): Promise<T> {
  return isSqlite(knex) ? withinWriteLock(knex, work) : withinNamedLock(knex, work);
}
