/** The core's migrations: there, back, and there again, on every database. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Knex } from 'knex';
import { coreMigrations } from '../../migrations/index.ts';
import { openDatabase } from '../../server/db/knex.ts';
import { migrateLatest, rollbackAll } from '../../server/db/migrate.ts';
import { withMigrationLock } from '../../server/db/migration-lock.ts';
import { coreHistory } from '../../server/db/migration.ts';
import { onEachEmptyDatabase } from '../support/databases.ts';
import { fillTables, rowsIn } from '../support/filled-tables.ts';
import { columnsOf, tablesOf } from '../support/schema.ts';

const plan = { history: coreHistory, migrations: coreMigrations };
const names = coreMigrations.map((migration) => migration.name);

/** Rows that a schema of before has no words for: whoever had them has less then, and nobody more. */
const meant: Readonly<Record<string, readonly string[]>> = { '0014_pool_roles, down': ['role_grants'] };

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

  it('keep every row of every table that is there before and after, one after the other down and up', async function () {
    this.timeout(180_000);
    await rollbackAll(knex, plan);
    await migrateLatest(knex, plan);
    const step = async (name: string, change: (executor: Knex) => Promise<void>): Promise<void> => {
      await fillTables(knex);
      const before = await rowsIn(knex);
      await withMigrationLock(knex, change);
      const after = await rowsIn(knex);
      const lost = [...before].filter(([table, rows]) => after.has(table) && after.get(table) !== rows);
      assert.deepEqual(
        lost.map(([table]) => table),
        meant[name] ?? [],
        name,
      );
    };
    for (const { name, down } of coreMigrations.toReversed()) await step(`${name}, down`, down);
    for (const { name, up } of coreMigrations) await step(`${name}, up`, up);
    await knex(coreHistory).delete();
    for (const { down } of coreMigrations.toReversed()) await withMigrationLock(knex, down);
  });

  it('end the sessions of whoever was disabled before they could be ended', async () => {
    await rollbackAll(knex, plan);
    const earlier = coreMigrations.slice(0, names.indexOf('0016_passwords'));
    await migrateLatest(knex, { ...plan, migrations: earlier });
    const place = { tenant_id: 'acme', pool_id: 'people' };
    const times = { created_at: 1, updated_at: 5 };
    await knex('tenants').insert({ id: 'acme', name: 'Acme', settings: '{}', sealed_key: '', ...times });
    const settings = { identifier_case_insensitive: true, authentication_mechanisms: '[]', settings: '{}' };
    await knex('pools').insert({ tenant_id: 'acme', id: 'people', name: 'People', ...settings, ...times });
    for (const [id, status, status_updated_at] of [
      ['ada', 'active', 3],
      ['bob', 'inactive', 3],
      ['eve', 'deleted', null],
    ] as const)
      await knex('users').insert({ ...place, id, status, payload: '{}', status_updated_at, ...times });
    await migrateLatest(knex, plan);
    const ended = await knex<{ id: string; sessions_ended_at: number | string | null }>('users').orderBy('id');
    assert.deepEqual(
      ended.map(({ sessions_ended_at: at }) => (at === null ? null : Number(at))),
      [null, 3, 5],
    );
  });
});
