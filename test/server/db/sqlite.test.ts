import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import type { Knex } from 'knex';
import { openDatabase } from '../../../server/db/knex.ts';
import { rememberStatements } from '../../../server/db/sqlite.ts';

describe('rememberStatements', () => {
  it('prepares the same text once', () => {
    const connection = new Database(':memory:');
    let prepared = 0;
    const prepare = connection.prepare.bind(connection);
    connection.prepare = (text: string) => {
      prepared += 1;
      return prepare(text);
    };
    rememberStatements(connection);
    for (let index = 0; index < 10; index += 1) connection.prepare('SELECT 1').all();
    assert.equal(prepared, 1);
    connection.close();
  });

  it('hides from the planner what is bound to a LIMIT, or binding would prepare the statement again', () => {
    const connection = new Database(':memory:');
    rememberStatements(connection);
    connection.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)');
    const limited = connection.prepare('select a from t order by a limit ? offset ?');
    assert.match(limited.source, /limit cast\(\? as integer\)/);
    assert.deepEqual(limited.all(2, 1), [{ a: 2 }, { a: 3 }]);
    assert.deepEqual(limited.all(1, 0), [{ a: 1 }]);
    connection.close();
  });

  it('keeps a bounded number, and no long texts', () => {
    const connection = new Database(':memory:');
    rememberStatements(connection);
    const first = connection.prepare('SELECT 0');
    for (let index = 1; index <= 300; index += 1) connection.prepare(`SELECT ${String(index)}`);
    assert.notEqual(connection.prepare('SELECT 0'), first);
    const long = `SELECT '${'x'.repeat(5000)}'`;
    assert.notEqual(connection.prepare(long), connection.prepare(long));
    connection.close();
  });

  it('gives a statement of its own to whoever asks while the first is being iterated', () => {
    const connection = new Database(':memory:');
    rememberStatements(connection);
    connection.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)');
    const text = 'SELECT a FROM t ORDER BY a';
    const seen: unknown[] = [];
    for (const row of connection.prepare(text).iterate()) {
      seen.push(row, connection.prepare(text).all().length);
    }
    assert.deepEqual(seen, [{ a: 1 }, 2, { a: 2 }, 2]);
    connection.close();
  });
});

describe('a SQLite file', () => {
  let folder: string;
  let url: string;
  let one: Knex;
  let other: Knex;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-sqlite-'));
    url = `sqlite:${join(folder, 'a.db')}`;
    one = await openDatabase({ url });
    other = await openDatabase({ url });
    await one.schema.createTable('counters', (table) => {
      table.string('id', 10).primary();
      table.integer('n');
    });
    await one('counters').insert({ id: 'a', n: 0 });
  });
  after(async () => {
    await one.destroy();
    await other.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  it('is in WAL mode, synchronous NORMAL, with foreign keys', async () => {
    const pragma = async (name: string) => {
      const rows: Record<string, unknown>[] = await one.raw(`PRAGMA ${name}`);
      return Object.values(rows[0] ?? {})[0];
    };
    assert.equal(await pragma('journal_mode'), 'wal');
    assert.equal(await pragma('synchronous'), 1);
    assert.equal(await pragma('foreign_keys'), 1);
    assert.equal(await pragma('busy_timeout'), 5000);
  });

  it('takes the write lock when a transaction begins', async () => {
    await other.raw('PRAGMA busy_timeout = 0');
    await one.transaction(async (trx) => {
      await trx('counters').first();
      // With a deferred begin this would succeed, and the first one's write would fail with SQLITE_BUSY.
      await assert.rejects(other('counters').update({ n: 5 }), { code: 'SQLITE_BUSY' });
      await trx('counters').update({ n: 1 });
    });
    await other.raw('PRAGMA busy_timeout = 5000');
    assert.deepEqual(await other('counters').pluck('n'), [1]);
  });

  it('loses none of the increments of three processes', async () => {
    await one('counters').update({ n: 0 });
    const script = fileURLToPath(new URL('../../support/increment.ts', import.meta.url));
    const run = () => promisify(execFile)(process.execPath, [script, url, '100']);
    await Promise.all([run(), run(), run()]);
    assert.deepEqual(await one('counters').pluck('n'), [300]);
  });
});
