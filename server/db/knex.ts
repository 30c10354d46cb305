/** The one door to the database: SQLite or MySQL by URL, and one clear sentence when it cannot be opened. */
import createKnex from 'knex';
import type { Knex } from 'knex';
import { PlatformError } from '../kernel/errors.ts';
import { mysqlConfig } from './mysql.ts';
import { sqliteConfig } from './sqlite.ts';

export type Database = Knex;

export interface DatabaseOptions {
  /** `sqlite:<path>`, `sqlite::memory:`, or `mysql://user:password@host:port/database`. */
  readonly url: string;
  /** Told what knex has to say about its pool and connections; silent when absent. */
  readonly warn?: (message: string) => void;
}

export function isSqlite(knex: Knex): boolean {
  return driverOf(knex) === 'better-sqlite3';
}

function driverOf(knex: Knex): unknown {
  const client: unknown = knex.client;
  return typeof client === 'object' && client !== null && 'driverName' in client ? client.driverName : undefined;
}

interface Target {
  readonly config: Knex.Config;
  /** Names the place for an error message, without user or password. */
  readonly place: string;
}

function targetOf(url: string): Target {
  if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length) {
    const filename = url.slice('sqlite:'.length);
    const place = `The SQLite database ${filename}`;
    try {
      return { config: sqliteConfig(filename), place };
    } catch (cause) {
      throw unavailable(place, cause);
    }
  }
  if (url.startsWith('mysql:') && URL.canParse(url)) {
    const parsed = new URL(url);
    if (parsed.pathname.length > 1) {
      const port = parsed.port === '' ? '3306' : parsed.port;
      return {
        config: mysqlConfig(parsed),
        place: `The MySQL database ${parsed.pathname.slice(1)} at ${parsed.hostname}:${port}`,
      };
    }
  }
  throw new PlatformError(
    'bad_request',
    'The database URL must be sqlite:<path>, sqlite::memory: or mysql://user:password@host:port/database.',
  );
}

function unavailable(place: string, cause: unknown): PlatformError {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  const reason = code ?? (cause instanceof Error ? cause.name : 'unknown');
  return new PlatformError('unavailable', `${place} cannot be opened (${reason}).`, { cause, retryAfterSeconds: 2 });
}

interface ConnectionSource {
  acquireConnection(): Promise<unknown>;
}

function isConnectionSource(client: unknown): client is ConnectionSource {
  return typeof client === 'object' && client !== null && 'acquireConnection' in client;
}

/** Every query asks the client for a connection: the one place where «no database» shows, now and later. */
function nameUnavailability(knex: Knex, place: string): void {
  const client: unknown = knex.client;
  if (!isConnectionSource(client)) return;
  const acquire = client.acquireConnection.bind(client);
  client.acquireConnection = async () => {
    try {
      return await acquire();
    } catch (cause) {
      throw unavailable(place, cause);
    }
  };
}

/**
 * Opens the database and asks it one question.
 * @throws PlatformError `bad_request` for a URL of neither kind, `unavailable` when nobody answers there
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { config, place } = targetOf(options.url);
  const warn = options.warn ?? (() => undefined);
  const knex = createKnex({
    ...config,
    acquireConnectionTimeout: 10_000,
    // Values stay out of error messages, and so out of logs.
    compileSqlOnError: false,
    log: { warn, error: warn, deprecate: warn, debug: warn },
  });
  nameUnavailability(knex, place);
  knex.on('query-error', (error: { sql?: unknown }) => {
    // mysql2 adds the whole statement with its values.
    delete error.sql;
  });
  try {
    await knex.select(knex.raw('1 as one'));
    return knex;
  } catch (error) {
    await knex.destroy();
    throw error;
  }
}
