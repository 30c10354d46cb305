/** Runs one suite on SQLite and on MariaDB, each time in a schema of its own with every migration applied. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { coreMigrations } from '../../migrations/index.ts';
import { openDatabase } from '../../server/db/knex.ts';
import { migrateLatest } from '../../server/db/migrate.ts';
import { coreHistory } from '../../server/db/migration.ts';
import { startMariaDb, whyNoMariaDb } from './mariadb.ts';
import type { MariaDb } from './mariadb.ts';

/** Opens another connection pool to the suite's schema; all of them are closed after the suite. */
export type OpenDatabase = () => Promise<Knex>;

/** A schema: its address, and how it is thrown away. */
interface Schema {
  readonly url: string;
  drop(): Promise<void>;
}

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

if (typeof after === 'function') {
  after('stops MariaDB', async () => {
    await (await mariaDb)?.stop();
  });
}

async function sqliteSchema(): Promise<Schema> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-sqlite-'));
  return { url: `sqlite:${join(folder, 'test.db')}`, drop: () => rm(folder, { recursive: true, force: true }) };
}

async function mariaDbSchema(): Promise<Schema> {
  const server = await sharedMariaDb();
  const name = `gatehouse_${randomBytes(8).toString('hex')}`;
  const url = new URL(server.url);
  url.pathname = '/information_schema';
  const admin = await openDatabase({ url: url.href });
  await admin.raw('CREATE DATABASE ?? CHARACTER SET latin1', [name]);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      await admin.raw('DROP DATABASE ??', [name]);
      await admin.destroy();
    },
  };
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
  for (const kind of kinds) {
    describe(`${title} (${kind.name})`, () => {
      const why = kind.missing();
      if (why !== undefined) {
        defineMissing(why);
        return;
      }
      let schema: Schema | undefined;
      before(async function () {
        this.timeout(60_000);
        schema = await kind.make();
      });
      after(() => schema?.drop());
      define(() => {
        if (schema === undefined) throw new Error('there is no database outside of tests');
        return schema.url;
      }, kind.name);
    });
  }
}

/** Defines `title` twice: each time in a fresh schema with all core migrations applied. */
export function onEachDatabase(title: string, define: (open: OpenDatabase) => void): void {
  onEachEmptyDatabase(title, (url) => {
    const opened: Knex[] = [];
    const open = async (): Promise<Knex> => {
      const knex = await openDatabase({ url: url() });
      opened.push(knex);
      return knex;
    };
    before(async function () {
      this.timeout(60_000);
      await migrateLatest(await open(), { history: coreHistory, migrations: coreMigrations });
    });
    after(() => Promise.all(opened.map((knex) => knex.destroy())));
    define(open);
  });
}
