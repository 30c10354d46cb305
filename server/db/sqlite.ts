/** How one SQLite file is opened: durable enough, shared by processes, and without preparing the same text twice. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database as SqliteConnection, Statement } from 'better-sqlite3';
import type { Knex } from 'knex';
import { LRUCache } from 'lru-cache';

/** Enough for every statement the stores have; texts of varying length (`IN` lists) push each other out. */
const cachedStatements = 300;
const longestCachedText = 4_000;

/**
 * The planner looks at what is bound to a LIMIT, so SQLite prepares such a statement anew whenever something is: three
 * times the cost of finding a row. A cast hides the value from it, which for `limit 1` of knex's `first` changes no plan.
 */
function withHiddenLimit(text: string): string {
  return text.replaceAll(' limit ?', ' limit cast(? as integer)');
}

/**
 * Replaces `prepare` with one that remembers, because knex prepares every query anew (SQLite itself prepares again what a
 * change of the schema has made stale, whichever process made it), and that begins every transaction
 * IMMEDIATE: a transaction that reads first and writes later cannot wait for another process's write lock
 * (it fails with SQLITE_BUSY at once, whatever the timeout), so it takes the lock when it begins.
 */
export function rememberStatements(connection: SqliteConnection): void {
  const prepare = connection.prepare.bind(connection);
  const remembered = new LRUCache<string, Statement>({ max: cachedStatements });

  const prepareOnce = (text: string): Statement => {
    const known = remembered.get(text);
    // A busy statement is in the middle of an iteration and would lose its place.
    if (known !== undefined && !known.busy) return known;
    const statement = prepare(text === 'BEGIN;' ? 'BEGIN IMMEDIATE;' : withHiddenLimit(text));
    if (text.length <= longestCachedText) remembered.set(text, statement);
    return statement;
  };
  Object.assign(connection, { prepare: prepareOnce });
}

function tune(connection: SqliteConnection): void {
  // First, so that the pragmas that follow wait for another process instead of failing.
  connection.pragma('busy_timeout = 5000');
  connection.pragma('journal_mode = WAL');
  // With WAL: a power cut may lose the last transactions, never the file.
  connection.pragma('synchronous = NORMAL');
  connection.pragma('foreign_keys = ON');
  // KiB: ten thousand workspaces, or a million people, are looked up all over the file, and each page that is not here is read anew.
  connection.pragma('cache_size = -65536');
  // What is deleted is overwritten where that costs no further page.
  connection.pragma('secure_delete = FAST');
  // SQLite's own knows the letters of ASCII alone, and a search would find «Ébène» by its capital letter only.
  connection.function('lower', { deterministic: true }, (text: unknown): unknown =>
    typeof text === 'string' ? text.toLowerCase() : text,
  );
  rememberStatements(connection);
}

/** Makes the folder and an empty file that only its owner may read; SQLite gives its WAL the same mode. */
function touchPrivately(filename: string): void {
  mkdirSync(dirname(filename), { recursive: true });
  closeSync(openSync(filename, 'a', 0o600));
}

/**
 * @param filename path, or `:memory:`
 * @throws what the file system says when the file cannot be made
 */
export function sqliteConfig(filename: string): Knex.Config {
  if (filename !== ':memory:') touchPrivately(filename);
  return {
    client: 'better-sqlite3',
    connection: { filename },
    useNullAsDefault: true,
    // One connection: the driver is synchronous, and a second one could only wait for the first one's lock.
    pool: {
      min: 1,
      max: 1,
      afterCreate: (connection: SqliteConnection, done: (error: unknown, connection: SqliteConnection) => void) => {
        try {
          tune(connection);
          done(undefined, connection);
        } catch (error) {
          done(error, connection);
        }
      },
    },
  };
}
