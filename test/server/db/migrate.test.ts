import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';
import { isSqlite, openDatabase } from '../../../server/db/knex.ts';
import { migrateLatest, rollbackAll } from '../../../server/db/migrate.ts';
import type { Migration, MigrationPlan } from '../../../server/db/migration.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { careForChild } from '../../support/caretaker.ts';
import { onEachEmptyDatabase } from '../../support/databases.ts';
import { tablesOf } from '../../support/schema.ts';

function creating(name: string, ...tables: readonly string[]): Migration {
  return {
    name,
    async up(knex) {
      for (const table of tables) await knex.schema.createTable(table, (columns) => columns.string('id', 10).primary());
    },
    async down(knex) {
      for (const table of tables.toReversed()) await knex.schema.dropTableIfExists(table);
    },
  };
}

const one = creating('0001_one', 'one');
const two = creating('0002_two', 'two');
const plan = (history: string, ...migrations: readonly Migration[]): MigrationPlan => ({ history, migrations });

onEachEmptyDatabase('migrateLatest', (url) => {
  let knex: Knex;
  beforeEach(async () => {
    knex = await openDatabase({ url: url() });
  });
  afterEach(() => knex.destroy());

  const own = async (): Promise<readonly string[]> =>
    (await tablesOf(knex)).filter((table) => !table.startsWith('knex_migrations'));

  it('applies what is missing, in order, and then nothing', async () => {
    assert.deepEqual(await migrateLatest(knex, plan('knex_migrations', one)), ['0001_one']);
    assert.deepEqual(await migrateLatest(knex, plan('knex_migrations', one, two)), ['0002_two']);
    assert.deepEqual(await migrateLatest(knex, plan('knex_migrations', one, two)), []);
    assert.deepEqual(await own(), ['one', 'two']);
  });

  it('refuses a database of a later build, naming the migration and applying nothing', async () => {
    const three = creating('0003_three', 'three');
    const older = plan('knex_migrations', one, three);
    for (const attempt of [() => migrateLatest(knex, older), () => rollbackAll(knex, older)]) {
      await assert.rejects(attempt, (error) => {
        assert.ok(isPlatformError(error, 'precondition_failed'));
        assert.match(error.message, /does not know: 0002_two\./);
        return true;
      });
      assert.deepEqual(await own(), ['one', 'two']);
    }
  });

  it('keeps a history of its own for each plugin', async () => {
    const history = 'knex_migrations_terms';
    assert.deepEqual(await migrateLatest(knex, plan(history, creating('0001_one', 'terms_texts'))), ['0001_one']);
    await rollbackAll(knex, plan(history, creating('0001_one', 'terms_texts')));
    assert.deepEqual(await own(), ['one', 'two']);
  });

  it('takes everything back, youngest first', async () => {
    await rollbackAll(knex, plan('knex_migrations', one, two));
    assert.deepEqual(await own(), []);
  });

  it('can be repeated after a migration that failed half-way', async () => {
    const history = 'knex_migrations_failing';
    const failing: Migration = {
      ...creating('0001_pair', 'left', 'right'),
      async up(db) {
        await creating('', 'left').up(db);
        throw new RangeError('half-way');
      },
    };
    await assert.rejects(migrateLatest(knex, plan(history, failing)), /half-way/);
    const repaired = plan(history, creating('0001_pair', 'left', 'right'));
    assert.deepEqual(await migrateLatest(knex, repaired), ['0001_pair']);
    assert.deepEqual(await own(), ['left', 'right']);
    await rollbackAll(knex, repaired);
  });

  describe('where rows refer to others', () => {
    const history = 'knex_migrations_family';
    const family: Migration = {
      name: '0001_family',
      async up(db) {
        await db.schema.createTable('parents', (table) => {
          table.string('id', 10).primary();
          table.string('nick', 10);
        });
        await db.schema.createTable('children', (table) => {
          table.string('id', 10).primary();
          table.string('parent', 10).notNullable().references('id').inTable('parents').onDelete('CASCADE');
        });
        await db('parents').insert({ id: 'eve' });
        await db('children').insert({ id: 'abel', parent: 'eve' });
      },
      async down(db) {
        await db.schema.dropTableIfExists('children');
        await db.schema.dropTableIfExists('parents');
      },
    };
    const change = (up: (db: Knex) => Promise<unknown>): Migration => ({
      name: '0002_change',
      async up(db) {
        await up(db);
      },
      down: () => Promise.resolve(),
    });
    const childrenLeft = async () => (await knex('children').select('id')).length;
    afterEach(() =>
      rollbackAll(
        knex,
        plan(
          history,
          family,
          change(() => Promise.resolve()),
        ),
      ),
    );

    it('keeps those of a table that is made anew, and references hold as before', async () => {
      const rebuilding = change(async (db) => {
        await db.schema.alterTable('parents', (table) => {
          table.dropColumn('nick');
        });
      });
      await migrateLatest(knex, plan(history, family, rebuilding));
      assert.equal(await childrenLeft(), 1);
      await assert.rejects(knex('children').insert({ id: 'cain', parent: 'nobody' }), /foreign key/i);
      await knex('parents').delete();
      assert.equal(await childrenLeft(), 0);
    });

    it('refuses a migration that leaves one without what it refers to', async () => {
      const losing = change((db) => db('children').insert({ id: 'cain', parent: 'nobody' }));
      await assert.rejects(migrateLatest(knex, plan(history, family, losing)), (error) =>
        isSqlite(knex)
          ? isPlatformError(error, 'precondition_failed') && error.message.includes('in children:')
          : /foreign key/i.test(String(error)),
      );
      if (isSqlite(knex))
        assert.deepEqual(
          (await own()).filter((table) => table === 'children'),
          [],
        );
      else assert.equal(await childrenLeft(), 1);
      if (isSqlite(knex)) await migrateLatest(knex, plan(history, family));
      await assert.rejects(knex('children').insert({ id: 'cain', parent: 'nobody' }), /foreign key/i);
    });
  });

  it('lets a second process wait for the first, and then find the work done', async () => {
    const history = 'knex_migrations_twice';
    let runs = 0;
    const counted: Migration = {
      ...creating('0001_counted', 'counted'),
      async up(db) {
        runs += 1;
        await creating('', 'counted').up(db);
      },
    };
    const other = await openDatabase({ url: url() });
    // While SQLite waits it holds up this process, and with it the one that it waits for.
    if (isSqlite(knex)) for (const pool of [knex, other]) await pool.raw('PRAGMA busy_timeout = 20');
    const applied = await Promise.all([knex, other].map((pool) => migrateLatest(pool, plan(history, counted))));
    await other.destroy();
    assert.equal(runs, 1);
    assert.deepEqual(applied.flat(), ['0001_counted']);
    await rollbackAll(knex, plan(history, counted));
  });

  it('goes on after a process that was killed in the middle, with no lock to release', async () => {
    const script = fileURLToPath(new URL('../../support/migrate-and-hang.ts', import.meta.url));
    const child = spawn(process.execPath, [script, url()], { stdio: ['ignore', 'pipe', 'inherit'] });
    careForChild(child);
    await once(child.stdout, 'data');
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    const whole = plan('knex_migrations_halfway', creating('0001_halfway', 'halfway_one', 'halfway_two'));
    assert.deepEqual(await migrateLatest(knex, whole), ['0001_halfway']);
    assert.deepEqual(await own(), ['halfway_one', 'halfway_two']);
    await rollbackAll(knex, whole);
  });
});
