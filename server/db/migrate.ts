/** Brings a schema to this build's version, once, however many processes start at the same time or die on the way. */
import type { Knex } from 'knex';
import { PlatformError } from '../kernel/errors.ts';
import { isSqlite } from './knex.ts';
import { withMigrationLock } from './migration-lock.ts';
import { clearMarks, ensureMarks, interrupted, marked } from './migration-marks.ts';
import type { Migration, MigrationPlan } from './migration.ts';

type Step = (executor: Knex, config: Knex.MigratorConfig) => Promise<void>;

function configOf(plan: MigrationPlan, wrap: (migration: Migration) => Migration): Knex.MigratorConfig {
  return {
    tableName: plan.history,
    migrationSource: {
      getMigrations: () => Promise.resolve([...plan.migrations]),
      getMigrationName: (migration: Migration) => migration.name,
      getMigration: (migration: Migration) => Promise.resolve(wrap(migration)),
    },
  };
}

async function appliedIn(knex: Knex, plan: MigrationPlan): Promise<readonly string[]> {
  if (!(await knex.schema.hasTable(plan.history))) return [];
  const rows = await knex<{ id: number; name: string }>(plan.history).select('name').orderBy('id');
  return rows.map((row) => row.name);
}

function refuseTheFuture(plan: MigrationPlan, applied: readonly string[]): void {
  const unknown = applied.filter((name) => !plan.migrations.some((migration) => migration.name === name));
  if (unknown.length === 0) return;
  throw new PlatformError(
    'precondition_failed',
    `The database holds a migration that this build does not know: ${unknown.join(', ')}. Start the build that made it, or restore an older backup.`,
  );
}

async function missingIn(knex: Knex, plan: MigrationPlan): Promise<readonly string[]> {
  const applied = await appliedIn(knex, plan);
  refuseTheFuture(plan, applied);
  return plan.migrations.map((migration) => migration.name).filter((name) => !applied.includes(name));
}

/** SQLite changes schemas inside transactions: the one that is the lock takes everything back when it fails. */
async function stepOnSqlite(trx: Knex, plan: MigrationPlan, step: Step): Promise<void> {
  await step(
    trx,
    configOf(plan, (migration) => migration),
  );
}

/** MySQL commits at each change of the schema: what was begun is marked, and taken back first when it was cut off. */
async function stepOnMysql(knex: Knex, plan: MigrationPlan, step: Step): Promise<void> {
  // Ids and names differ by case, whatever the server's default says.
  await knex.raw('ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_bin');
  await ensureMarks(knex);
  for (const migration of await interrupted(knex, plan, await appliedIn(knex, plan))) await migration.down(knex);
  const config = { ...configOf(plan, (migration) => marked(plan, migration)), disableTransactions: true };
  // Nobody else holds our lock: a row of knex's own lock that is still set was left by a process that died.
  await knex.migrate.forceFreeMigrationsLock(config);
  await step(knex, config);
  await clearMarks(knex, plan);
}

/**
 * Applies what is missing, in order.
 * @returns the names applied now
 * @throws PlatformError `precondition_failed` when a later build was here, `unavailable` when another process has been
 *   migrating for a minute
 */
export async function migrateLatest(knex: Knex, plan: MigrationPlan): Promise<readonly string[]> {
  // A start that has nothing to do waits for nobody, and looks at no rows.
  if ((await missingIn(knex, plan)).length === 0) return [];
  return withMigrationLock(knex, async (executor) => {
    const missing = await missingIn(executor, plan);
    if (missing.length === 0) return [];
    const run = isSqlite(knex) ? stepOnSqlite : stepOnMysql;
    await run(executor, plan, async (at, config) => {
      await at.migrate.latest(config);
    });
    return missing;
  });
}

/** Takes every migration of the plan back, youngest first. All data in its tables is lost. */
export async function rollbackAll(knex: Knex, plan: MigrationPlan): Promise<void> {
  await withMigrationLock(knex, async (executor) => {
    refuseTheFuture(plan, await appliedIn(executor, plan));
    const run = isSqlite(knex) ? stepOnSqlite : stepOnMysql;
    await run(executor, plan, async (at, config) => {
      await at.migrate.rollback(config, true);
    });
  });
}
