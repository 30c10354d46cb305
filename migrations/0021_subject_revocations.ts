/** From when on logins of somebody count, where all that they had was taken back. */
import type { Knex } from 'knex';

const table = 'subject_revocations';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable(table, (builder) => {
    const id = (column: string) => builder.string(column, 64).collate('utf8mb4_bin').notNullable();
    for (const column of ['tenant_id', 'workspace_id', 'subject_hash']) id(column);
    builder.bigInteger('not_before').notNullable();
    builder.bigInteger('expires_at').notNullable().index('subject_revocations_expiry');
    builder.primary(['tenant_id', 'workspace_id', 'subject_hash']);
    builder
      .foreign(['tenant_id', 'workspace_id'])
      .references(['tenant_id', 'id'])
      .inTable('workspaces')
      .onDelete('CASCADE');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists(table);
}
