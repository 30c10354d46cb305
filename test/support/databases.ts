/** Runs one suite on SQLite and on MariaDB, each time in a schema of its own with every migration applied. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { coreMigrations } from '../../migrations/index.ts';
import { openDatabase } from '../../server/db/knex.ts';
import { migrateLatest } from '../../server/db/migrate.ts';
import { coreHistory } from '../../server/db/migration.ts';
import { startMariaDb, whyNoMariaDb } from './mariadb.ts';
import type { MariaDb } from './mariadb.ts';

/** Opens another connection pool to the suite's schema; all of them are closed after the suite. */
export type OpenDatabase = () => Promise<Knex>;

/** A schema: its address, how it comes to hold every core migration, and how it is thrown away. */
interface Schema {
  readonly url: string;
  migrate(): Promise<void>;
  drop(): Promise<void>;
}

/** For all suites that this process runs, one after the other: it goes with the process, whose caretaker sees to that. */
let mariaDb: Promise<MariaDb> | undefined;

async function announced(): Promise<MariaDb> {
  const server = await startMariaDb();
  console.log(`    MariaDB ${server.version}`);
  return server;
}

function sharedMariaDb(): Promise<MariaDb> {
  mariaDb ??= announced();
  return mariaDb;
}

async function migrateAll(url: string): Promise<void> {
  const knex = await openDatabase({ url });
  await migrateLatest(knex, { history: coreHistory, migrations: coreMigrations });
  await knex.destroy();
}

async function sqliteSchema(): Promise<Schema> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-sqlite-'));
  const url = `sqlite:${join(folder, 'test.db')}`;
  return { url, migrate: () => migrateAll(url), drop: () => rm(folder, { recursive: true, force: true }) };
}

const databaseAt = (server: MariaDb, name: string): string => {
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return url.href;
};

async function emptyMariaDb(server: MariaDb): Promise<{ readonly name: string; readonly admin: Knex }> {
  const name = `gatehouse_${randomBytes(8).toString('hex')}`;
  const admin = await openDatabase({ url: databaseAt(server, 'information_schema') });
  await admin.raw('CREATE DATABASE ?? CHARACTER SET latin1', [name]);
  return { name, admin };
}

async function mariaDbSchema(): Promise<Schema> {
  const server = await sharedMariaDb();
  const { name, admin } = await emptyMariaDb(server);
  const url = databaseAt(server, name);
  return {
    url,
    migrate: () => copyPattern(server, url),
    drop: async () => {
      await admin.raw('DROP DATABASE ??', [name]);
      await admin.destroy();
    },
  };
}

let pattern: Promise<string> | undefined;

/**
 * Migrations take seconds on MariaDB: they are applied once, and what they left, tables and rows, is made again from what
 * the server says of it.
 */
async function copyPattern(server: MariaDb, url: string): Promise<void> {
  pattern ??= readPattern(server);
  const connection = await createConnection({ uri: url, multipleStatements: true });
  await connection.query(`SET foreign_key_checks = 0; ${await pattern}`);
  await connection.end();
}

async function readPattern(server: MariaDb): Promise<string> {
  const { name, admin } = await emptyMariaDb(server);
  await admin.destroy();
  await migrateAll(databaseAt(server, name));
  const connection = await createConnection(databaseAt(server, name));
  const [[schema]] = await connection.query<RowDataPacket[]>(
    'SELECT default_collation_name AS named FROM information_schema.schemata WHERE schema_name = ?',
    [name],
  );
  const [tables] = await connection.query<RowDataPacket[]>('SHOW TABLES');
  // Of tables that are made later.
  const statements = [`ALTER DATABASE COLLATE ${String(schema?.['named'])}`];
  for (const table of tables.map((row) => String(Object.values(row)[0]))) {
    const [[made]] = await connection.query<RowDataPacket[]>('SHOW CREATE TABLE ??', [table]);
    const fill = connection.format('INSERT INTO ?? SELECT * FROM ??', [table, `${name}.${table}`]);
    statements.push(String(made?.['Create Table']), fill);
  }
  await connection.end();
  return statements.join(';\n');
}

const kinds: readonly {
  readonly name: string;
  readonly make: () => Promise<Schema>;
  readonly missing: () => string | undefined;
}[] = [
  { name: 'SQLite', make: sqliteSchema, missing: () => undefined },
  { name: 'MariaDB', make: mariaDbSchema, missing: whyNoMariaDb },
];

/** Where a database is missing: one test that says why, pending, or failing when REQUIRE_MARIADB=1. */
function defineMissing(why: string): void {
  it(why, function () {
    if (process.env['REQUIRE_MARIADB'] === '1') throw new Error(why);
    this.skip();
  });
}

export type DatabaseKind = (typeof kinds)[number]['name'];

/**
 * Defines `title` twice, with empty schemas: for the tests of migrations themselves.
 * @param define gets a function that answers the schema's URL; call it inside hooks and tests only
 */
export function onEachEmptyDatabase(title: string, define: (url: () => string, kind: DatabaseKind) => void): void {
  onEachSchema(title, (schema, kind) => {
    define(() => schema().url, kind);
  });
}

/** The same on MariaDB alone: for what another suite shows on SQLite. */
export function onEmptyMariaDb(title: string, define: (url: () => string) => void): void {
  const mariaDbs = kinds.filter(({ name }) => name === 'MariaDB');
  onEachSchema(title, (schema) => define(() => schema().url), mariaDbs);
}

function onEachSchema(title: string, define: (schema: () => Schema, kind: DatabaseKind) => void, on = kinds): void {
  for (const kind of on) {
    describe(`${title} (${kind.name})`, () => {
      const why = kind.missing();
      if (why !== undefined) {
        defineMissing(why);
        return;
      }
      let schema: Schema | undefined;
      before(async () => {
        schema = await kind.make();
      });
      after(() => schema?.drop());
      define(() => {
        if (schema === undefined) throw new Error('there is no database outside of tests');
        return schema;
      }, kind.name);
    });
  }
}

/** Defines `title` twice: each time in a fresh schema with all core migrations applied. */
export function onEachDatabase(title: string, define: (open: OpenDatabase) => void): void {
  onEachSchema(title, (schema) => {
    const opened: Knex[] = [];
    const open = async (): Promise<Knex> => {
      const knex = await openDatabase({ url: schema().url });
      opened.push(knex);
      return knex;
    };
    before(async () => {
      await schema().migrate();
    });
    after(() => Promise.all(opened.map((knex) => knex.destroy())));
    define(open);
  });
}
