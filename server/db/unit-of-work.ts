/** Transactions for services: the stores of one unit of work share one, and a deadlock's victim is run again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { PlatformError } from '../kernel/errors.ts';
import type { AfterCommit, Part, PartedUnitOfWork } from '../kernel/unit-of-work.ts';

const attempts = 5;
const longestPauseMs = 50;

/** MySQL chose this one to fail, or it waited too long for a row: everything is rolled back, so it may run again. */
const passing = ['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT'];
/** SQLite has waited for the file's lock already, and held up this process meanwhile: once is enough. */
const busy = ['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', ...passing];

function hasCodeOf(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

/**
 * @param build makes the stores from a transaction; called once per attempt, and for each of its parts
 * @returns a unit of work whose `run` may call `work` up to five times: it does nothing but read and write through its
 *   stores. Rejects with PlatformError `unavailable` when others hold the locks it needs all the time.
 */
export function createUnitOfWork<Stores>(
  knex: Knex,
  build: (executor: Knex, afterCommit: AfterCommit) => Stores,
): PartedUnitOfWork<Stores> {
  const runInParts: PartedUnitOfWork<Stores>['runInParts'] = async (work) => {
    for (let attempt = 1; ; attempt += 1) {
      const afterwards = new Set<() => void>();
      const storesOn = (executor: Knex): Stores => build(executor, (then) => afterwards.add(then));
      try {
        const done = await knex.transaction(async (transaction) =>
          work(storesOn(transaction), partsOf(transaction, storesOn)),
        );
        for (const then of afterwards) setImmediate(then);
        return done;
      } catch (error) {
        if (!hasCodeOf(error, busy)) throw error;
        if (attempt >= attempts || !hasCodeOf(error, passing)) {
          throw new PlatformError('unavailable', 'The database is busy: try again.', {
            cause: error,
            retryAfterSeconds: 1,
          });
        }
        // Not the same time for each victim, or they would meet again.
        await sleep(Math.random() * longestPauseMs * attempt);
      }
    }
  };
  return { run: runInParts, runInParts };
}

/** Each a savepoint. */
function partsOf<Stores>(transaction: Knex, build: (executor: Knex) => Stores): Part<Stores> {
  return async (work) => {
    const undo = new Error('This part is not to stay.');
    let failure: unknown = undo;
    try {
      await transaction.transaction(async (savepoint) => {
        try {
          if (await work(build(savepoint))) return;
        } catch (error) {
          failure = error;
        }
        throw undo;
      });
    } catch (error) {
      // A deadlock has undone the savepoint with all else, and going back to it fails: what came first is what counts.
      if (failure !== undo) throw failure;
      if (error !== undo) throw error;
    }
  };
}
