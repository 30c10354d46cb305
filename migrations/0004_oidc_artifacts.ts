/** What the protocol engine keeps: codes, tokens, grants, sessions, interactions, pushed requests. No id in clear. */
import type { Knex } from 'knex';
import { isSqlite } from '../server/db/knex.ts';

const table = 'oidc_artifacts';

function id(builder: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder {
  return builder.string(column, 64).collate('utf8mb4_bin');
}

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable(table, (builder) => {
    id(builder, 'tenant_id').notNullable();
    id(builder, 'workspace_id').notNullable();
    builder.string('model', 40).collate('utf8mb4_bin').notNullable();
    id(builder, 'id_hash').notNullable();
    id(builder, 'grant_id');
    id(builder, 'client_id');
    id(builder, 'subject_hash');
    id(builder, 'alias_hash');
    builder.text('payload', 'mediumtext').notNullable();
    builder.bigInteger('expires_at');
    builder.bigInteger('consumed_at');
    builder.primary(['tenant_id', 'workspace_id', 'model', 'id_hash']);
    builder
      .foreign(['tenant_id', 'workspace_id'])
      .references(['tenant_id', 'id'])
      .inTable('workspaces')
      .onDelete('CASCADE');
  });
  // Most rows have few of these: where the database can, an index holds only the rows that do, and inserts stay cheap.
  for (const column of ['grant_id', 'client_id', 'subject_hash', 'alias_hash']) {
    const where = isSqlite(knex) ? ` WHERE ${column} IS NOT NULL` : '';
    await knex.raw(`CREATE INDEX ${table}_${column} ON ${table} (tenant_id, workspace_id, ${column})${where}`);
  }
  await knex.raw(`CREATE INDEX ${table}_expires_at ON ${table} (expires_at)`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists(table);
}
