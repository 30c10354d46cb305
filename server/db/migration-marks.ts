/** Marks of migrations that were begun, for databases that commit in the middle of one. */
import type { Knex } from 'knex';
import type { Migration, MigrationPlan } from './migration.ts';

const table = 'knex_migrations_begun';

interface Mark {
  readonly history: string;
  readonly name: string;
}

export async function ensureMarks(knex: Knex): Promise<void> {
  await knex.raw(
    'CREATE TABLE IF NOT EXISTS ?? (history VARCHAR(128) NOT NULL, name VARCHAR(128) NOT NULL, PRIMARY KEY (history, name))',
    [table],
  );
}

/** The same migration, leaving a mark before its first change. */
export function marked(plan: MigrationPlan, migration: Migration): Migration {
  return {
    name: migration.name,
    async up(knex) {
      await knex<Mark>(table).insert({ history: plan.history, name: migration.name }).onConflict().ignore();
      await migration.up(knex);
    },
    down: (knex) => migration.down(knex),
  };
}

/** Migrations that were begun and never recorded as applied, youngest first. Call only under the migration lock. */
export async function interrupted(
  knex: Knex,
  plan: MigrationPlan,
  applied: readonly string[],
): Promise<readonly Migration[]> {
  const rows = await knex<Mark>(table).where({ history: plan.history }).select('name');
  const begun = new Set(rows.map((row) => row.name).filter((name) => !applied.includes(name)));
  return plan.migrations.filter((migration) => begun.has(migration.name)).toReversed();
}

export async function clearMarks(knex: Knex, plan: MigrationPlan): Promise<void> {
  await knex<Mark>(table).where({ history: plan.history }).delete();
}
