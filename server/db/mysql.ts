/** How MySQL and MariaDB are reached: UTC, full Unicode, strict, and read committed. */
import type { Knex } from 'knex';

/** The part of a mysql2 connection that is needed to set up a session. */
interface MysqlConnection {
  query(sql: string, done: (error: unknown) => void): void;
}

const session = [
  // Never cut a value that is too long, never write a zero for a wrong date.
  "sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
  "time_zone = '+00:00'",
  'innodb_lock_wait_timeout = 5',
].join(', ');

/** @param url `mysql://user:password@host:port/database`, with `?tls=true` for a verified TLS connection */
export function mysqlConfig(url: URL): Knex.Config {
  return {
    client: 'mysql2',
    connection: {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? 3306 : Number(url.port),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)),
      timezone: 'Z',
      connectTimeout: 5_000,
      supportBigNumbers: true,
      // An object given where a text belongs must not become `column = value` inside the SQL.
      stringifyObjects: true,
      multipleStatements: false,
      ...(url.searchParams.get('tls') === 'true' ? { ssl: { rejectUnauthorized: true } } : {}),
    },
    pool: {
      min: 0,
      max: 10,
      afterCreate: (connection: MysqlConnection, done: (error: unknown, connection: MysqlConnection) => void) => {
        connection.query(`SET SESSION ${session}`, (failure) => {
          if (failure) {
            done(failure, connection);
            return;
          }
          // A row another process inserted is seen after a unique violation, also in mid-transaction; fewer gap locks.
          connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', (error) => {
            done(error, connection);
          });
        });
      },
    },
  };
}
