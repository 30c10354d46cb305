/** The core's migrations: there, back, and there again, on every database. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Knex } from 'knex';
import { coreMigrations } from '../../migrations/index.ts';
import { openDatabase } from '../../server/db/knex.ts';
import { migrateLatest, rollbackAll } from '../../server/db/migrate.ts';
import { coreHistory } from '../../server/db/migration.ts';
import { onEachEmptyDatabase } from '../support/databases.ts';
import { columnsOf, tablesOf } from '../support/schema.ts';

const plan = { history: coreHistory, migrations: coreMigrations };
const names = coreMigrations.map((migration) => migration.name);

describe('coreMigrations', () => {
  it('lists every file of the folder, in order', () => {
    const files = readdirSync(new URL('../../migrations', import.meta.url))
      .filter((file) => /^\d{4}_/.test(file))
      .map((file) => file.replace(/\.ts$/, ''));
    assert.deepEqual(names, files.toSorted());
  });
});

onEachEmptyDatabase('coreMigrations', (url) => {
  let knex: Knex;
  before(async () => {
    knex = await openDatabase({ url: url() });
  });
  after(() => knex.destroy());

  it('go up, down and up again to the same schema', async () => {
    assert.deepEqual(await migrateLatest(knex, plan), names);
    const first = await columnsOf(knex);
    assert.ok(first.length > 100);
    await rollbackAll(knex, plan);
    assert.deepEqual(
      (await tablesOf(knex)).filter((table) => !table.startsWith('knex_migrations')),
      [],
    );
    assert.deepEqual(await migrateLatest(knex, plan), names);
    assert.deepEqual(await columnsOf(knex), first);
  });

  it('go down although parts are missing, so that a migration cut off in the middle can be taken back', async () => {
    for (const migration of coreMigrations.toReversed()) {
      await migration.down(knex);
      await migration.down(knex);
    }
    for (const migration of coreMigrations) await migration.up(knex);
  });
});
