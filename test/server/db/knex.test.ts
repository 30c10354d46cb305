import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { Knex } from 'knex';
import { isSqlite, openDatabase } from '../../../server/db/knex.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { freePort } from '../../support/free-port.ts';
import { onEachDatabase } from '../../support/databases.ts';

describe('openDatabase', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-open-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('says that nobody answers, without the password of the URL', async () => {
    const port = String(await freePort());
    const url = `mysql://someone:hunter2-hunter2@127.0.0.1:${port}/gatehouse`;
    await assert.rejects(openDatabase({ url }), (error) => {
      assert.ok(isPlatformError(error, 'unavailable'));
      assert.equal(error.message, `The MySQL database gatehouse at 127.0.0.1:${port} cannot be opened (ECONNREFUSED).`);
      assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes('hunter2'));
      return true;
    });
  });

  it('says that a file is no database', async () => {
    const path = join(folder, 'text.db');
    await writeFile(path, 'This is not a database. '.repeat(100));
    await assert.rejects(openDatabase({ url: `sqlite:${path}` }), (error) => {
      assert.ok(isPlatformError(error, 'unavailable'));
      assert.equal(error.message, `The SQLite database ${path} cannot be opened (SQLITE_NOTADB).`);
      return true;
    });
  });

  it('says that a folder cannot be made', async () => {
    const path = join(folder, 'text.db', 'below', 'a.db');
    await assert.rejects(openDatabase({ url: `sqlite:${path}` }), (error) => isPlatformError(error, 'unavailable'));
  });

  for (const url of ['postgres://localhost/x', 'sqlite:', 'mysql://localhost', 'nonsense']) {
    it(`refuses ${url}`, async () => {
      await assert.rejects(openDatabase({ url }), (error) => isPlatformError(error, 'bad_request'));
    });
  }

  it('makes a SQLite file that only its owner can read, with its folder', async () => {
    const path = join(folder, 'made', 'a.db');
    const knex = await openDatabase({ url: `sqlite:${path}` });
    await knex.schema.createTable('t', (table) => table.integer('a'));
    for (const file of [path, `${path}-wal`]) assert.equal((await stat(file)).mode & 0o077, 0);
    await knex.destroy();
  });
});

onEachDatabase('a database', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
    await knex.schema.createTable('things', (table) => {
      table.string('id', 64).primary();
      table.bigInteger('number');
    });
  });

  it('tells its values neither in the message nor in the members of an error', async () => {
    await knex('things').insert({ id: 'once', number: 1 });
    await assert.rejects(knex('things').insert({ id: 'once', number: 424_242 }), (error) => {
      const told = inspect(error, { depth: 10, showHidden: true });
      assert.ok(told.length > 20);
      assert.ok(!told.includes('424242'), told);
      return true;
    });
  });

  it('gives times back as numbers', async () => {
    await knex('things').insert({ id: 'time', number: 1_795_464_000_123 });
    const row: unknown = await knex('things').where({ id: 'time' }).first();
    assert.deepEqual({ ...(row as object) }, { id: 'time', number: 1_795_464_000_123 });
  });

  it('takes an object for a value, never for a piece of SQL', async () => {
    await knex('things').insert({ id: 'guarded', number: 1 });
    // A driver that spreads objects makes `id = `id` = 1` of this, which is true for every row.
    const trick = { id: 1 } as unknown as string;
    await assert.rejects(async () => knex('things').where({ id: trick }));
    const search = knex.raw<[unknown[], unknown]>('SELECT id FROM things WHERE id = ?', [trick]);
    if (isSqlite(knex)) await assert.rejects(search, TypeError);
    else assert.deepEqual((await search)[0], []);
  });

  it('counts rows that an update matches, also when nothing in them changes', async () => {
    await knex('things').insert({ id: 'same', number: 1 });
    assert.equal(await knex('things').where({ id: 'same' }).update({ number: 1 }), 1);
  });

  it('refuses a text that is too long instead of cutting it', async function () {
    if (isSqlite(knex)) this.skip();
    await assert.rejects(knex('things').insert({ id: 'x'.repeat(65) }), { code: 'ER_DATA_TOO_LONG' });
  });

  it('tells ids apart by case', async () => {
    await knex('things').insert([{ id: 'Case' }, { id: 'case' }]);
    assert.equal((await knex('things').where({ id: 'CASE' })).length, 0);
  });

  it('sees columns that were added through another connection', async () => {
    await knex('things').insert({ id: 'wide', number: 1 });
    const read = () => knex('things').where({ id: 'wide' }).first<Record<string, unknown>>();
    assert.deepEqual(Object.keys(await read()), ['id', 'number']);
    const other = await open();
    await other.schema.alterTable('things', (table) => table.string('added', 10));
    assert.deepEqual(Object.keys(await read()), ['id', 'number', 'added']);
  });
});
