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

/** The transaction begins IMMEDIATE: it holds the file's write lock, which the operating system frees with the process. */
async function withinWriteLock<T>(knex: Knex, work: (knex: Knex) => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceSeconds * 1000;
  for (;;) {
    const progress = { began: false };
    try {
      return await knex.transaction(async (trx) => {
        // knex runs this also when BEGIN has failed; then the first statement fails.
        await trx.select(trx.raw('1'));
        progress.began = true;
        return work(trx);
      });
    } catch (error) {
      if (progress.began || !isBusy(error)) throw error;
      if (Date.now() > deadline) throw tooLong(error);
      await sleep(100);
    }
  }
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
 * @throws PlatformError `unavailable` when another process has not finished within a minute
 */
export async function withMigrationLock<T>(knex: Knex, work: (knex: Knex) => Promise<T>): Promise<T> {
  return isSqlite(knex) ? withinWriteLock(knex, work) : withinNamedLock(knex, work);
}
