/** Runs of a script by where it ran and how it ended: of those within requests the last ones are kept, and no more. */
import type { Knex } from 'knex';
import { isSqlite } from '../server/db/knex.ts';
import { hasIndex } from './has-index.ts';

const table = 'script_runs';
const index = 'script_runs_by_end';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(
    `CREATE INDEX ${index} ON ${table} (tenant_id, workspace_id, script_id, point, outcome, started_at, id)`,
  );
}

export async function down(knex: Knex): Promise<void> {
  if (await hasIndex(knex, table, index))
    await knex.raw(isSqlite(knex) ? `DROP INDEX ${index}` : `DROP INDEX ${index} ON ${table}`);
}
